// Regtest as Bitcoin Core has it, for the script templates that broker/bitcoin verifies. Relative
// lock times (BIP68) are refused instead of half supported.
#include "tests/devnet/rules.h"

#include <algorithm>

#include "broker/bitcoin/keys/verify-input.h"
#include "broker/bitcoin/script.h"

namespace sallyport::devnet {
namespace {

constexpr std::string_view GENESIS =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c"
    "3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4adae5494dffff7f20020000000101000000010000000000000000000000000000000000"
    "0000000000000000000"
    "00000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656"
    "c6c6f72206f6e206272"
    "696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104"
    "678afdb0fe554827196"
    "7f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578"
    "a4c702b6bf11d5fac00"
    "000000";
constexpr std::uint32_t LOCK_TIME_THRESHOLD = 500'000'000;
constexpr std::uint32_t SEQUENCE_NO_RELATIVE_LOCK = 1U << 31;
constexpr std::array<std::uint8_t, 6> COMMITMENT_HEAD = {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
constexpr std::size_t COMMITMENT_BYTES = 38;

Refusal checkCoinbase(const Transaction& coinbase, std::uint32_t height) {
  if (!coinbase.isCoinbase()) return "bad-cb-missing";
  Bytes prefix;
  bitcoin::pushInteger(prefix, height);
  const auto& script = coinbase.inputs[0].scriptSig;
  if (script.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), script.begin()))
    return "bad-cb-height";
  return std::nullopt;
}

bool isCommitment(const TxOut& output) {
  return output.script.size() >= COMMITMENT_BYTES &&
         std::equal(COMMITMENT_HEAD.begin(), COMMITMENT_HEAD.end(), output.script.begin());
}

Refusal checkWitness(const Block& block) {
  const auto& outputs = block.transactions[0].outputs;
  auto found = std::find_if(outputs.rbegin(), outputs.rend(), isCommitment);
  if (found == outputs.rend()) {
    bool any = std::any_of(block.transactions.begin(),
                           block.transactions.end(),
                           [](const auto& tx) { return tx.hasWitness(); });
    if (any) return "unexpected-witness";
    return std::nullopt;
  }
  const auto& witness = block.transactions[0].inputs[0].witness;
  if (witness != std::vector<Bytes>{Bytes(32, 0)}) return "bad-witness-nonce-size";
  auto expected = witnessCommitment(block.transactions).script;
  if (!std::equal(expected.begin(), expected.end(), found->script.begin()))
    return "bad-witness-merkle-match";
  return std::nullopt;
}

bool hasRelativeLock(const Transaction& tx) {
  return tx.version >= 2 && std::any_of(tx.inputs.begin(), tx.inputs.end(), [](const auto& in) {
           return (in.sequence & SEQUENCE_NO_RELATIVE_LOCK) == 0;
         });
}

}  // namespace

const Block& genesisBlock() {
  static const Block GENESIS_BLOCK = Block::parse(bitcoin::fromHex(GENESIS).value()).value();
  return GENESIS_BLOCK;
}

std::int64_t subsidyAt(std::uint32_t height) {
  auto halvings = height / HALVING_INTERVAL;
  return halvings >= 64 ? 0 : 50 * Amount::COIN >> halvings;
}

bool isFinalAt(const Transaction& tx, std::uint32_t height, std::uint32_t medianTime) {
  if (tx.lockTime == 0) return true;
  if (tx.lockTime < (tx.lockTime < LOCK_TIME_THRESHOLD ? height : medianTime)) return true;
  return std::all_of(tx.inputs.begin(), tx.inputs.end(), [](const auto& in) {
    return in.sequence == bitcoin::SEQUENCE_FINAL;
  });
}

SpendCheck checkSpend(const bitcoin::keys::Context& context,
                      const Transaction& tx,
                      const std::vector<Coin>& coins,
                      std::uint32_t height) {
  SpendCheck out;
  auto refuse = [&](std::string reason) {
    out.refusal = std::move(reason);
    return out;
  };
  Amount in;
  std::vector<TxOut> spent;
  for (const auto& coin : coins) {
    if (coin.coinbase && height - coin.height < COINBASE_MATURITY)
      return refuse("bad-txns-premature-spend-of-coinbase");
    auto sum = in.plus(coin.output.value);
    if (!sum) return refuse("bad-txns-inputvalues-outofrange");
    in = *sum;
    spent.push_back(coin.output);
  }
  auto fee = in.satoshis() - tx.outputTotal().value().satoshis();
  if (fee < 0) return refuse("bad-txns-in-belowout");
  if (hasRelativeLock(tx)) return refuse("relative lock times are not supported by devnet");
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    if (auto good = bitcoin::keys::verifyInput(context, tx, i, spent); !good) {
      return refuse(good.error() == bitcoin::Error::NOT_SUPPORTED
                        ? "script type is not supported by devnet"
                        : "mandatory-script-verify-flag-failed (Signature check of input " +
                              std::to_string(i) + ")");
    }
  }
  out.fee = fee;
  return out;
}

Refusal checkBlock(const Block& block, std::uint32_t height) {
  if (block.header.bits != REGTEST_BITS) return "bad-diffbits";
  if (!block.header.hasWork(REGTEST_BITS)) return "high-hash";
  if (block.transactions.empty()) return "bad-blk-length";
  auto root = bitcoin::merkleRootOf(block.transactions);
  if (root.root != block.header.merkleRoot) return "bad-txnmrklroot";
  if (root.mutated) return "bad-txns-duplicate";
  if (block.weight() > MAX_BLOCK_WEIGHT) return "bad-blk-weight";
  if (auto refusal = checkCoinbase(block.transactions[0], height)) return refusal;
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    if (i > 0 && block.transactions[i].isCoinbase()) return "bad-cb-multiple";
    if (!bitcoin::checkTransaction(block.transactions[i])) return "bad-txns";
  }
  return checkWitness(block);
}

TxOut witnessCommitment(const std::vector<Transaction>& transactions) {
  Bytes data = bitcoin::toBytes(bitcoin::witnessMerkleRootOf(transactions).root.bytes);
  data.resize(64, 0);
  TxOut out;
  bitcoin::append(out.script, COMMITMENT_HEAD);
  bitcoin::append(out.script, bitcoin::sha256d(data));
  return out;
}

}  // namespace sallyport::devnet
