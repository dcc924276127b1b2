// Mining at regtest's target, paying from the faucet, and giving blocks up.
#include "tests/devnet/node.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

#include "broker/bitcoin/coin-selection.h"
#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/serialize.h"
#include "broker/bitcoin/sighash.h"

namespace sallyport::devnet {
namespace {

constexpr std::uint32_t BLOCK_SECONDS = 600;
constexpr std::int64_t FAUCET_RATE = 2000;  // sat/kvB
constexpr std::size_t COINBASE_WEIGHT = 4000;

std::uint32_t systemTime() {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

// The coins are worthless and the key is no secret; it is the same at each start, so that a kept
// chain can be spent.
std::array<std::uint8_t, 32> faucetKey() {
  return bitcoin::sha256(bitcoin::asBytes("sallyport devnet faucet"));
}

struct FaucetCoin {
  OutPoint outpoint;
  bitcoin::Coin coin;
};

}  // namespace

Node::Node(NodeOptions options)
    : m_context(bitcoin::sha256(bitcoin::asBytes("blinding is of no use here"))),
      m_chain(m_context),
      m_mempool(m_chain),
      m_now(options.now ? std::move(options.now) : systemTime),
      m_faucetKey(faucetKey()) {
  m_faucetScript = bitcoin::p2wpkhScript(
      bitcoin::hash160(bitcoin::keys::publicKey(m_context, m_faucetKey).value()));
  if (!options.stateFile.empty()) {
    m_file.emplace(options.stateFile);
    load();
  }
  if (m_chain.height() > 0) return;
  // As if the chain had grown at its usual pace until now.
  auto now = m_now;
  for (std::uint32_t left = options.premine; left > 0; --left) {
    m_now = [&] { return now() - left * BLOCK_SECONDS; };
    mine(1, m_faucetScript);
  }
  m_now = now;
}

// Blocks that do not connect any more end the chain: the file is then cut there.
void Node::load() {
  std::size_t good = 0;
  for (const auto& raw : m_file->read()) {
    auto block = Block::parse(raw);
    if (!block || m_chain.connect(std::move(*block))) break;
    ++good;
  }
  m_file->truncate(good);
}

Refusal Node::submitBlock(Block block) {
  if (auto refusal = m_chain.connect(std::move(block))) return refusal;
  m_mempool.blockConnected(m_chain.tip().block);
  if (m_file) m_file->append(m_chain.tip().block.serialize());
  return std::nullopt;
}

void Node::mustConnect(Block block) {
  if (auto refusal = submitBlock(std::move(block)))
    throw std::logic_error("devnet mined a bad block: " + *refusal);
}

Block Node::assemble(const Bytes& script, bool withMempool) {
  auto height = m_chain.height() + 1;
  Block block;
  block.transactions.resize(1);
  auto weight = COINBASE_WEIGHT;
  std::int64_t reward = subsidyAt(height);
  if (withMempool) {
    for (const auto* entry : m_mempool.inOrder()) {
      if (weight + entry->tx.weight() > MAX_BLOCK_WEIGHT)
        break;  // what comes later may depend on this one
      weight += entry->tx.weight();
      reward += entry->fee;
      block.transactions.push_back(entry->tx);
    }
  }
  auto& coinbase = block.transactions[0];
  coinbase.inputs.resize(1);
  coinbase.inputs[0].previous.index = 0xffffffff;
  coinbase.inputs[0].witness = {Bytes(32, 0)};
  bitcoin::pushInteger(coinbase.inputs[0].scriptSig, height);
  // Makes each attempt at a height another block, also within one second.
  Bytes extra;
  bitcoin::writeU64(extra, ++m_extraNonce);
  bitcoin::writeU32(extra, m_now());
  bitcoin::pushData(coinbase.inputs[0].scriptSig, extra);
  coinbase.outputs.push_back({Amount::of(reward).value(), script});
  coinbase.outputs.push_back(witnessCommitment(block.transactions));
  block.header.previous = m_chain.tip().hash;
  block.header.merkleRoot = bitcoin::merkleRootOf(block.transactions).root;
  block.header.time = std::max(m_now(), m_chain.medianTime(m_chain.height()) + 1);
  block.header.bits = REGTEST_BITS;
  while (!block.header.hasWork(REGTEST_BITS)) ++block.header.nonce;
  return block;
}

std::vector<BlockHash> Node::mine(std::uint32_t blocks, const Bytes& script) {
  std::vector<BlockHash> out;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    mustConnect(assemble(script, true));
    out.push_back(m_chain.tip().hash);
  }
  return out;
}

std::vector<BlockHash> Node::reorganise(std::uint32_t depth) {
  depth = std::min(depth, m_chain.height());
  std::vector<StoredBlock> gone;
  for (std::uint32_t i = 0; i < depth; ++i) {
    gone.push_back(m_chain.disconnectTip());
    if (m_file) m_file->removeLast();
  }
  std::vector<BlockHash> out;
  for (std::uint32_t i = 0; i < depth + 1; ++i) {
    mustConnect(assemble(m_faucetScript, false));
    out.push_back(m_chain.tip().hash);
  }
  std::vector<Transaction> returned;
  for (auto block = gone.rbegin(); block != gone.rend(); ++block)
    returned.insert(
        returned.end(), block->block.transactions.begin(), block->block.transactions.end());
  m_mempool.reconsider(std::move(returned));
  return out;
}

Payout Node::pay(const Bytes& script, Amount amount) {
  std::vector<FaucetCoin> coins;
  auto offer = [&](const Txid& txid, const Transaction& tx, std::uint32_t confirmations) {
    if (tx.isCoinbase() && confirmations < COINBASE_MATURITY) return;
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
      OutPoint outpoint{txid, i};
      bool spent =
          m_mempool.spender(outpoint) || (confirmations > 0 && m_chain.coin(outpoint) == nullptr);
      if (tx.outputs[i].script != m_faucetScript || spent) continue;
      coins.push_back(
          {outpoint, {tx.outputs[i].value, bitcoin::ScriptType::P2WPKH, confirmations}});
    }
  };
  for (const auto& place : m_chain.history(bitcoin::sha256(m_faucetScript)))
    offer(m_chain.at(place.height).txids[place.position],
          m_chain.transaction(place),
          m_chain.height() + 1 - place.height);
  for (const auto* entry : m_mempool.inOrder()) offer(entry->tx.txid(), entry->tx, 0);
  bitcoin::SelectionRequest request;
  for (const auto& c : coins) request.coins.push_back(c.coin);
  request.outputs = {{amount, script}};
  request.feeRate = *bitcoin::FeeRate::perKvb(FAUCET_RATE);
  request.longTermFeeRate = request.feeRate;  // no reason to gather coins
  request.changeScript = m_faucetScript;
  std::mt19937_64 random(++m_extraNonce);
  auto chosen =
      bitcoin::selectCoins(request, [&](std::uint64_t limit) { return random() % limit; });
  if (!chosen) return {"the faucet cannot pay this: " + std::string(errorName(chosen.error())), {}};
  Transaction tx;
  for (auto i : chosen->inputs)
    tx.inputs.push_back({coins[i].outpoint, {}, bitcoin::SEQUENCE_RBF, {}});
  tx.outputs = request.outputs;
  if (chosen->change.satoshis() > 0) tx.outputs.push_back({chosen->change, m_faucetScript});
  auto key = bitcoin::keys::publicKey(m_context, m_faucetKey).value();
  auto code = bitcoin::p2pkhScript(bitcoin::hash160(key));
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    auto value = request.coins[chosen->inputs[i]].value;
    auto digest = bitcoin::segwitSighash(tx, i, code, value, bitcoin::SIGHASH_ALL).value();
    auto signature = bitcoin::keys::signEcdsa(m_context, m_faucetKey, digest).value();
    signature.push_back(bitcoin::SIGHASH_ALL);
    tx.inputs[i].witness = {signature, bitcoin::toBytes(key)};
  }
  return {submit(tx), tx.txid()};
}

}  // namespace sallyport::devnet
