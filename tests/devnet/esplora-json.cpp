// The field names are those of Blockstream's Esplora (its assembler texts of scripts are left out).
#include "tests/devnet/esplora-json.h"

#include <algorithm>
#include <cmath>

#include "broker/bitcoin/address.h"

namespace sallyport::devnet {
namespace {

using boost::json::array;
using boost::json::object;

const char* typeName(ByteView script) {
  using bitcoin::ScriptType;
  switch (bitcoin::classify(script)) {
    case ScriptType::P2PK:
      return "p2pk";
    case ScriptType::P2PKH:
      return "p2pkh";
    case ScriptType::P2SH:
      return "p2sh";
    case ScriptType::P2WPKH:
      return "v0_p2wpkh";
    case ScriptType::P2WSH:
      return "v0_p2wsh";
    case ScriptType::P2TR:
      return "v1_p2tr";
    case ScriptType::NULL_DATA:
      return "op_return";
    default:
      return "unknown";
  }
}

object outputJson(const TxOut& output) {
  object out;
  out["scriptpubkey"] = bitcoin::toHex(output.script);
  out["scriptpubkey_type"] = typeName(output.script);
  if (auto address = bitcoin::encodeAddress(output.script, bitcoin::Network::REGTEST))
    out["scriptpubkey_address"] = *address;
  out["value"] = output.value.satoshis();
  return out;
}

object inputJson(const KnownTransaction& known, std::size_t index) {
  const auto& in = known.tx->inputs[index];
  bool coinbase = known.tx->isCoinbase();
  object out;
  out["txid"] = in.previous.txid.hex();
  out["vout"] = in.previous.index;
  if (coinbase) {
    out["prevout"] = nullptr;
  } else {
    out["prevout"] = outputJson(known.spent->at(index).output);
  }
  out["scriptsig"] = bitcoin::toHex(in.scriptSig);
  if (!in.witness.empty()) {
    array witness;
    for (const auto& item : in.witness) witness.emplace_back(bitcoin::toHex(item));
    out["witness"] = std::move(witness);
  }
  out["is_coinbase"] = coinbase;
  out["sequence"] = in.sequence;
  return out;
}

bool isScript(const TxOut& output, const ScriptKey& script) {
  return bitcoin::sha256(output.script) == script;
}

bool touches(const Transaction& tx, const std::vector<Coin>& spent, const ScriptKey& script) {
  return std::any_of(tx.outputs.begin(),
                     tx.outputs.end(),
                     [&](const auto& o) { return isScript(o, script); }) ||
         std::any_of(
             spent.begin(), spent.end(), [&](const auto& c) { return isScript(c.output, script); });
}

object sideStats(const std::vector<KnownTransaction>& transactions, const ScriptKey& script) {
  std::int64_t fundedCount = 0;
  std::int64_t fundedSum = 0;
  std::int64_t spentCount = 0;
  std::int64_t spentSum = 0;
  for (const auto& known : transactions) {
    for (const auto& o : known.tx->outputs) {
      if (!isScript(o, script)) continue;
      ++fundedCount;
      fundedSum += o.value.satoshis();
    }
    for (const auto& coin : *known.spent) {
      if (!isScript(coin.output, script)) continue;
      ++spentCount;
      spentSum += coin.output.value.satoshis();
    }
  }
  return {{"funded_txo_count", fundedCount},
          {"funded_txo_sum", fundedSum},
          {"spent_txo_count", spentCount},
          {"spent_txo_sum", spentSum},
          {"tx_count", transactions.size()}};
}

double difficultyOf(std::uint32_t bits) {
  return static_cast<double>(0xffff) / (bits & 0xffffff) *
         std::pow(256.0, 29 - static_cast<int>(bits >> 24));
}

}  // namespace

KnownTransaction transactionAt(const Node& node, Place place) {
  return {&node.chain().transaction(place),
          &node.chain().at(place.height).spent[place.position],
          place};
}

std::optional<KnownTransaction> findTransaction(const Node& node, const Txid& txid) {
  if (auto place = node.chain().find(txid)) return transactionAt(node, *place);
  if (const auto* entry = node.mempool().find(txid))
    return KnownTransaction{&entry->tx, &entry->spent, std::nullopt};
  return std::nullopt;
}

object statusJson(const Node& node, std::optional<Place> place) {
  if (!place) return {{"confirmed", false}};
  const auto& block = node.chain().at(place->height);
  return {{"confirmed", true},
          {"block_height", place->height},
          {"block_hash", block.hash.hex()},
          {"block_time", block.block.header.time}};
}

object transactionJson(const Node& node, const KnownTransaction& known) {
  const auto& tx = *known.tx;
  std::int64_t fee = 0;
  if (!tx.isCoinbase()) {
    for (const auto& coin : *known.spent) fee += coin.output.value.satoshis();
    fee -= tx.outputTotal().value().satoshis();
  }
  array inputs;
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) inputs.push_back(inputJson(known, i));
  array outputs;
  for (const auto& o : tx.outputs) outputs.push_back(outputJson(o));
  return {{"txid", tx.txid().hex()},
          {"version", tx.version},
          {"locktime", tx.lockTime},
          {"vin", std::move(inputs)},
          {"vout", std::move(outputs)},
          {"size", tx.totalSize()},
          {"weight", tx.weight()},
          {"fee", fee},
          {"status", statusJson(node, known.place)}};
}

object blockJson(const Node& node, std::uint32_t height) {
  const auto& stored = node.chain().at(height);
  const auto& header = stored.block.header;
  object out{{"id", stored.hash.hex()},
             {"height", height},
             {"version", header.version},
             {"timestamp", header.time},
             {"tx_count", stored.txids.size()},
             {"size", stored.block.serialize().size()},
             {"weight", stored.block.weight()},
             {"merkle_root", header.merkleRoot.hex()},
             {"previousblockhash", nullptr},
             {"mediantime", node.chain().medianTime(height)},
             {"nonce", header.nonce},
             {"bits", header.bits},
             {"difficulty", difficultyOf(header.bits)}};
  if (height > 0) out["previousblockhash"] = header.previous.hex();
  return out;
}

object merkleProofJson(const Node& node, Place place) {
  std::vector<bitcoin::MerkleHash> leaves;
  for (const auto& txid : node.chain().at(place.height).txids) leaves.push_back({txid.bytes});
  array branch;
  for (const auto& hash : bitcoin::merkleBranch(leaves, place.position))
    branch.emplace_back(hash.hex());
  return {{"block_height", place.height}, {"merkle", std::move(branch)}, {"pos", place.position}};
}

object outspendJson(const Node& node, const OutPoint& outpoint) {
  auto spender = node.chain().spender(outpoint);
  if (!spender) spender = node.mempool().spender(outpoint);
  if (!spender) return {{"spent", false}};
  return {{"spent", true},
          {"txid", spender->txid.hex()},
          {"vin", spender->input},
          {"status", statusJson(node, node.chain().find(spender->txid))}};
}

object mempoolJson(const Node& node) {
  std::size_t vsize = 0;
  std::int64_t fees = 0;
  array histogram;
  auto entries = node.mempool().inOrder();
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return a->fee * static_cast<std::int64_t>(b->vsize) >
           b->fee * static_cast<std::int64_t>(a->vsize);
  });
  for (const auto* entry : entries) {
    vsize += entry->vsize;
    fees += entry->fee;
    histogram.push_back(
        array{static_cast<double>(entry->fee) / static_cast<double>(entry->vsize), entry->vsize});
  }
  return {{"count", entries.size()},
          {"vsize", vsize},
          {"total_fee", fees},
          {"fee_histogram", std::move(histogram)}};
}

// Nobody competes for space here, so the figures are made up, and the same each time.
object feeEstimatesJson() {
  object out;
  for (int target = 1; target <= 25; ++target)
    out[std::to_string(target)] = target <= 2 ? 5.0 : target <= 10 ? 2.0 : 1.0;
  for (const char* target : {"144", "504", "1008"}) out[target] = 1.0;
  return out;
}

ScriptHistory historyOf(const Node& node, const ScriptKey& script) {
  ScriptHistory out;
  for (const auto* entry : node.mempool().inOrder())
    if (touches(entry->tx, entry->spent, script))
      out.unconfirmed.push_back({&entry->tx, &entry->spent, std::nullopt});
  std::reverse(out.unconfirmed.begin(), out.unconfirmed.end());
  for (const auto& place : node.chain().history(script))
    out.confirmed.push_back(transactionAt(node, place));
  std::reverse(out.confirmed.begin(), out.confirmed.end());
  return out;
}

object statsJson(const ScriptHistory& history, const ScriptKey& script) {
  return {{"chain_stats", sideStats(history.confirmed, script)},
          {"mempool_stats", sideStats(history.unconfirmed, script)}};
}

array utxoJson(const Node& node, const ScriptHistory& history, const ScriptKey& script) {
  array out;
  for (const auto* side : {&history.unconfirmed, &history.confirmed}) {
    for (const auto& known : *side) {
      auto txid = known.tx->txid();
      for (std::uint32_t i = 0; i < known.tx->outputs.size(); ++i) {
        const auto& output = known.tx->outputs[i];
        if (!isScript(output, script) || node.chain().spender({txid, i}) ||
            node.mempool().spender({txid, i}))
          continue;
        out.push_back(object{{"txid", txid.hex()},
                             {"vout", i},
                             {"status", statusJson(node, known.place)},
                             {"value", output.value.satoshis()}});
      }
    }
  }
  return out;
}

}  // namespace sallyport::devnet
