// One function a group of routes. Wrong input is 400 with a sentence, as Esplora's.
#include "tests/devnet/api.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "tests/devnet/esplora-json.h"

namespace sallyport::devnet {
namespace {

using boost::json::array;
using boost::json::object;
using Parts = std::vector<std::string_view>;

constexpr std::uint32_t MAX_MINED = 1000;
constexpr std::uint32_t BLOCKS_A_PAGE = 10;

Answer json(const boost::json::value& value) {
  return {200, "application/json", boost::json::serialize(value)};
}
Answer text(std::string body) { return {200, "text/plain", std::move(body)}; }
Answer refused(std::string reason) { return {400, "text/plain", std::move(reason)}; }
Answer missing(std::string what) { return {404, "text/plain", std::move(what)}; }

Parts split(std::string_view path) {
  Parts out;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    auto end = path.find('/');
    out.push_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end);
  }
  return out;
}

std::optional<std::uint32_t> number(std::string_view digits) {
  std::uint32_t out = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

// --- /scripthash and /address
// ---------------------------------------------------------------------------------------

Answer page(const Node& node,
            const std::vector<KnownTransaction>& unconfirmed,
            std::span<const KnownTransaction> chain) {
  array out;
  for (const auto& known : unconfirmed) out.push_back(transactionJson(node, known));
  for (const auto& known : chain.first(std::min(chain.size(), PAGE_SIZE)))
    out.push_back(transactionJson(node, known));
  return json(out);
}

Answer scriptRoute(const Node& node,
                   const ScriptKey& script,
                   const char* kind,
                   const Parts& parts) {
  auto history = historyOf(node, script);
  std::span<const KnownTransaction> chain(history.confirmed);
  if (parts.size() == 2) {
    auto out = statsJson(history, script);
    out[kind] = parts[1];
    return json(out);
  }
  if (parts.size() == 3 && parts[2] == "utxo") return json(utxoJson(node, history, script));
  if (parts[2] != "txs") return missing("endpoint does not exist");
  if (parts.size() == 3) return page(node, history.unconfirmed, chain);
  if (parts.size() == 4 && parts[3] == "mempool") return page(node, history.unconfirmed, {});
  if (parts[3] != "chain" || parts.size() > 5) return missing("endpoint does not exist");
  if (parts.size() == 5) {
    auto last = Txid::parse(parts[4]);
    if (!last) return refused("Invalid hex string");
    auto found = std::find_if(
        chain.begin(), chain.end(), [&](const auto& k) { return k.tx->txid() == *last; });
    if (found == chain.end()) return json(array{});
    chain = chain.subspan(static_cast<std::size_t>(found - chain.begin()) + 1);
  }
  return page(node, {}, chain);
}

Answer scripthashRoute(const Node& node, const Parts& parts) {
  auto raw = bitcoin::fromHex(parts[1]);
  if (!raw || raw->size() != 32) return refused("Invalid hex string");
  ScriptKey script;
  std::copy(raw->begin(), raw->end(), script.begin());
  return scriptRoute(node, script, "scripthash", parts);
}

Answer addressRoute(const Node& node, const Parts& parts) {
  auto script = bitcoin::parseAddress(parts[1], bitcoin::Network::REGTEST);
  if (!script) return refused("Invalid Bitcoin address");
  return scriptRoute(node, bitcoin::sha256(*script), "address", parts);
}

// --- /tx
// ------------------------------------------------------------------------------------------------------------

Answer broadcast(Node& node, std::string_view body) {
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r' || body.back() == ' '))
    body.remove_suffix(1);
  auto rejected = [](int code, const std::string& message) {
    return refused("sendrawtransaction RPC error: " +
                   boost::json::serialize(object{{"code", code}, {"message", message}}));
  };
  auto raw = bitcoin::fromHex(body);
  if (!raw) return refused("Invalid hex string");
  auto tx = Transaction::parse(*raw);
  if (!tx) return rejected(-22, "TX decode failed. Make sure the tx has at least one input.");
  if (node.chain().find(tx->txid())) return rejected(-27, "Transaction already in block chain");
  auto refusal = node.submit(*tx);
  if (refusal && *refusal != "txn-already-in-mempool") return rejected(-26, *refusal);
  return text(tx->txid().hex());
}

Answer txRoute(const Node& node, const Parts& parts) {
  auto txid = Txid::parse(parts[1]);
  if (!txid) return refused("Invalid hex string");
  auto known = findTransaction(node, *txid);
  if (!known) return missing("Transaction not found");
  if (parts.size() == 2) return json(transactionJson(node, *known));
  if (parts.size() == 4 && parts[2] == "outspend") {
    auto index = number(parts[3]);
    if (!index) return refused("Invalid output index");
    return json(outspendJson(node, {*txid, *index}));
  }
  if (parts.size() != 3) return missing("endpoint does not exist");
  if (parts[2] == "hex") return text(bitcoin::toHex(known->tx->serialize()));
  if (parts[2] == "status") return json(statusJson(node, known->place));
  if (parts[2] == "outspends") {
    array out;
    for (std::uint32_t i = 0; i < known->tx->outputs.size(); ++i)
      out.push_back(outspendJson(node, {*txid, i}));
    return json(out);
  }
  if (parts[2] == "merkle-proof") {
    if (!known->place) return missing("Transaction not found or is unconfirmed");
    return json(merkleProofJson(node, *known->place));
  }
  return missing("endpoint does not exist");
}

// --- /block, /blocks
// ------------------------------------------------------------------------------------------------

Answer blockRoute(const Node& node, const Parts& parts) {
  auto hash = BlockHash::parse(parts[1]);
  if (!hash) return refused("Invalid hex string");
  auto height = node.chain().heightOf(*hash);
  if (!height) return missing("Block not found");
  const auto& stored = node.chain().at(*height);
  if (parts.size() == 2) return json(blockJson(node, *height));
  if (parts.size() > 4) return missing("endpoint does not exist");
  if (parts[2] == "header") return text(bitcoin::toHex(stored.block.header.serialize()));
  if (parts[2] == "status") {
    object out{{"in_best_chain", true}, {"height", *height}, {"next_best", nullptr}};
    if (*height < node.chain().height()) out["next_best"] = node.chain().at(*height + 1).hash.hex();
    return json(out);
  }
  if (parts[2] == "txids") {
    array out;
    for (const auto& txid : stored.txids) out.emplace_back(txid.hex());
    return json(out);
  }
  if (parts[2] == "txs") {
    auto start = parts.size() == 4 ? number(parts[3]) : std::optional<std::uint32_t>(0);
    if (!start || *start % PAGE_SIZE != 0 || *start >= stored.txids.size())
      return refused("start index out of range");
    array out;
    for (std::uint32_t i = *start; i < stored.txids.size() && i < *start + PAGE_SIZE; ++i)
      out.push_back(transactionJson(node, transactionAt(node, {*height, i})));
    return json(out);
  }
  return missing("endpoint does not exist");
}

Answer blocksRoute(const Node& node, const Parts& parts) {
  auto tip = node.chain().height();
  if (parts.size() == 3 && parts[1] == "tip") {
    if (parts[2] == "height") return text(std::to_string(tip));
    if (parts[2] == "hash") return text(node.chain().tip().hash.hex());
  }
  if (parts.size() > 2) return missing("endpoint does not exist");
  auto start = parts.size() == 2 ? number(parts[1]) : std::optional<std::uint32_t>(tip);
  if (!start || *start > tip) return refused("Invalid height");
  array out;
  for (std::uint32_t i = 0; i < BLOCKS_A_PAGE && i <= *start; ++i)
    out.push_back(blockJson(node, *start - i));
  return json(out);
}

Answer mempoolRoute(const Node& node, const Parts& parts) {
  if (parts.size() == 1) return json(mempoolJson(node));
  if (parts.size() != 2 || parts[1] != "txids") return missing("endpoint does not exist");
  array out;
  for (const auto* entry : node.mempool().inOrder()) out.emplace_back(entry->tx.txid().hex());
  return json(out);
}

// --- /regtest
// -------------------------------------------------------------------------------------------------------

array hashes(const std::vector<BlockHash>& blocks) {
  array out;
  for (const auto& hash : blocks) out.emplace_back(hash.hex());
  return out;
}

Answer controlRoute(Node& node, std::string_view verb, std::string_view body) {
  boost::system::error_code error;
  auto parsed = boost::json::parse(body.empty() ? std::string_view("{}") : body, error);
  if (error || !parsed.is_object()) return refused("the body must be a JSON object");
  const auto& given = parsed.as_object();
  auto integer = [&](const char* name, std::int64_t otherwise) {
    const auto* value = given.if_contains(name);
    if (value == nullptr) return std::optional(otherwise);
    return value->is_int64() ? std::optional(value->as_int64()) : std::nullopt;
  };
  Bytes script = node.faucetScript();
  if (const auto* address = given.if_contains("address")) {
    if (!address->is_string()) return refused("address must be a string");
    auto to =
        bitcoin::parseAddress(std::string_view(address->as_string()), bitcoin::Network::REGTEST);
    if (!to) return refused("address: " + std::string(errorName(to.error())));
    script = *to;
  } else if (verb == "faucet") {
    return refused("address is missing");
  }
  if (verb == "mine" || verb == "reorg") {
    auto count = integer(verb == "mine" ? "blocks" : "depth", 1);
    if (!count || *count < 1 || *count > MAX_MINED)
      return refused("blocks and depth are integers from 1 to 1000");
    auto n = static_cast<std::uint32_t>(*count);
    auto blocks = verb == "mine" ? node.mine(n, script) : node.reorganise(n);
    return json(object{{"blocks", hashes(blocks)}, {"height", node.chain().height()}});
  }
  if (verb == "faucet") {
    auto satoshis = integer("amount", Amount::COIN);
    auto amount = Amount::of(satoshis.value_or(-1));
    if (!amount) return refused("amount is a number of satoshis");
    auto payout = node.pay(script, *amount);
    if (payout.refusal) return refused(*payout.refusal);
    return json(object{{"txid", payout.txid.hex()}});
  }
  return missing("endpoint does not exist");
}

Answer getRoute(const Node& node, const Parts& parts) {
  auto group = parts[0];
  if (group == "blocks") return blocksRoute(node, parts);
  if (group == "mempool") return mempoolRoute(node, parts);
  if (group == "fee-estimates" && parts.size() == 1) return json(feeEstimatesJson());
  if (parts.size() < 2) return missing("endpoint does not exist");
  if (group == "scripthash") return scripthashRoute(node, parts);
  if (group == "address") return addressRoute(node, parts);
  if (group == "tx") return txRoute(node, parts);
  if (group == "block") return blockRoute(node, parts);
  if (group == "block-height" && parts.size() == 2) {
    auto height = number(parts[1]);
    if (!height) return refused("Invalid height");
    if (*height > node.chain().height()) return missing("Block not found");
    return text(node.chain().at(*height).hash.hex());
  }
  return missing("endpoint does not exist");
}

}  // namespace

Answer handle(Node& node, Method method, std::string_view path, std::string_view body) {
  auto parts = split(path);
  if (parts.empty()) return missing("endpoint does not exist");
  if (method == Method::GET) return getRoute(node, parts);
  if (parts[0] == "tx" && parts.size() == 1) return broadcast(node, body);
  if (parts[0] == "regtest" && parts.size() == 2) return controlRoute(node, parts[1], body);
  return missing("endpoint does not exist");
}

}  // namespace sallyport::devnet
