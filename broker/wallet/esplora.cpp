#include "broker/wallet/esplora.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "broker/bitcoin/block.h"
#include "broker/bitcoin/script.h"

namespace sallyport::wallet {
namespace {

namespace json = boost::json;
using commands::Code;
using commands::Error;

constexpr std::uint32_t DEADLINE_MS = 15'000;
constexpr std::size_t PAGE = 25;  // confirmed transactions in one answer of the server
constexpr double LOWEST_RATE = 1.0,
                 HIGHEST_RATE = 2'000.0;  // sat/vB: server estimates are clamped (wallet.md)

Error unavailable() { return {Code::UNAVAILABLE, "The wallet's server does not answer."}; }
Error lied() {
  return {Code::UNAVAILABLE, "The wallet's server gave an answer that does not hold."};
}

// The proof-of-work limit of each network, as in Bitcoin Core's chain parameters.
std::uint32_t easiestTarget(Network network) {
  switch (network) {
    case Network::MAINNET:
    case Network::TESTNET4:
      return 0x1d00ffff;
    case Network::SIGNET:
      return 0x1e0377ae;
    case Network::REGTEST:
      return 0x207fffff;
  }
  return 0;
}

std::optional<json::value> parse(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer(const json::value* value) {
  if (value == nullptr || !value->is_int64() || value->as_int64() < 0) return std::nullopt;
  return value->as_int64();
}

template <typename Hash>
std::optional<Hash> hash(const json::value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  auto parsed = Hash::parse(std::string_view(value->as_string()));
  if (!parsed) return std::nullopt;
  return *parsed;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  return text;
}

std::optional<Listed> readListed(const json::value& row) {
  const auto* object = row.if_object();
  if (object == nullptr) return std::nullopt;
  const auto txid = hash<bitcoin::Txid>(object->if_contains("txid"));
  const auto* status = object->if_contains("status");
  if (!txid || status == nullptr || !status->is_object()) return std::nullopt;
  const auto* confirmed = status->as_object().if_contains("confirmed");
  if (confirmed == nullptr || !confirmed->is_bool()) return std::nullopt;
  if (!confirmed->as_bool()) return Listed{*txid, std::nullopt};
  const auto height = integer(status->as_object().if_contains("block_height"));
  const auto block = hash<bitcoin::BlockHash>(status->as_object().if_contains("block_hash"));
  const auto time = integer(status->as_object().if_contains("block_time"));
  if (!height || !block || !time) return std::nullopt;
  return Listed{*txid, Placement{*height, *block, *time}};
}

double estimate(const json::object& table, std::initializer_list<const char*> targets) {
  for (const char* target : targets) {
    const auto* value = table.if_contains(target);
    if (value == nullptr || !value->is_number()) continue;
    const double rate = value->to_number<double>();
    if (std::isfinite(rate)) return std::min(std::max(rate, LOWEST_RATE), HIGHEST_RATE);
  }
  return LOWEST_RATE;
}

bool provesPlacement(const bitcoin::Txid& txid,
                     const Placement& placement,
                     const std::string& proof,
                     const std::string& header,
                     std::uint32_t target) {
  const auto bytes = bitcoin::fromHex(trimmed(header));
  if (!bytes) return false;
  const auto parsed = bitcoin::BlockHeader::parse(*bytes);
  if (!parsed || parsed->hash() != placement.block || !parsed->hasWork(target)) return false;
  const auto value = parse(proof);
  if (!value || !value->is_object()) return false;
  const auto position = integer(value->as_object().if_contains("pos"));
  const auto* merkle = value->as_object().if_contains("merkle");
  if (!position || merkle == nullptr || !merkle->is_array()) return false;
  std::vector<bitcoin::MerkleHash> branch;
  for (const auto& row : merkle->as_array()) {
    const auto neighbour = hash<bitcoin::MerkleHash>(&row);
    if (!neighbour || branch.size() == bitcoin::MAX_MERKLE_DEPTH) return false;
    branch.push_back(*neighbour);
  }
  const auto root =
      bitcoin::merkleRootFromBranch(txid, branch, static_cast<std::size_t>(*position));
  return root && *root == parsed->merkleRoot;
}

}  // namespace

Esplora::Esplora(std::function<proto::Net::Client()> net, std::string baseUrl, Network network)
    : m_net(std::move(net)),
      m_baseUrl(std::move(baseUrl)),
      m_easiestTarget(easiestTarget(network)) {}

kj::Promise<Result<Esplora::Answer>> Esplora::request(proto::HttpMethod method,
                                                      std::string path,
                                                      std::string body) {
  if (m_baseUrl.empty())
    return Result<Answer>(Error{Code::UNAVAILABLE, "No server is configured."});
  auto call = m_net().httpRequest();
  auto request = call.initRequest();
  request.setMethod(method);
  request.setUrl((m_baseUrl + path).c_str());
  request.setBody(kj::arrayPtr(body.data(), body.size()).asBytes());
  request.setDeadlineMs(DEADLINE_MS);
  return call.send().then(
      [](capnp::Response<proto::Net::HttpResults>&& results) -> Result<Answer> {
        const auto outcome = results.getOutcome();
        if (!outcome.isResponse()) return unavailable();
        const auto response = outcome.getResponse();
        const auto bytes = response.getBody().asChars();
        return Answer{response.getStatus(), std::string(bytes.begin(), bytes.end())};
      },
      // net died or is being started again; the next poll asks once more
      [](kj::Exception&&) -> Result<Answer> { return unavailable(); });
}

kj::Promise<Result<std::string>> Esplora::get(std::string path) {
  return request(proto::HttpMethod::GET, std::move(path), {})
      .then([](Result<Answer> answer) -> Result<std::string> {
        if (!answer) return answer.error();
        if (answer->status != 200) return unavailable();
        return std::move(answer->body);
      });
}

kj::Promise<Result<Tip>> Esplora::tip() {
  return get("/blocks/tip/hash")
      .then([this](Result<std::string> hashText) -> kj::Promise<Result<Tip>> {
        if (!hashText) return Result<Tip>(hashText.error());
        const auto parsed = bitcoin::BlockHash::parse(trimmed(*hashText));
        if (!parsed) return Result<Tip>(lied());
        // The height of exactly this block: asking for both tips could mix two blocks.
        return get("/block/" + parsed->hex())
            .then([tipHash = *parsed](Result<std::string> block) -> Result<Tip> {
              if (!block) return block.error();
              const auto value = parse(*block);
              if (!value || !value->is_object()) return lied();
              const auto height = integer(value->as_object().if_contains("height"));
              if (!height) return lied();
              return Tip{*height, tipHash};
            });
      });
}

kj::Promise<Result<std::vector<Listed>>> Esplora::transactionsOf(bitcoin::ByteView script) {
  return listPage("/scripthash/" + bitcoin::scriptHash(script) + "/txs", {}, {});
}

kj::Promise<Result<std::vector<Listed>>> Esplora::listPage(std::string path,
                                                           std::string after,
                                                           std::vector<Listed> former) {
  auto answer = get(after.empty() ? path : path + "/chain/" + after);
  return answer.then(
      [this, path = std::move(path), former = std::move(former)](
          Result<std::string> body) mutable -> kj::Promise<Result<std::vector<Listed>>> {
        using List = Result<std::vector<Listed>>;
        if (!body) return List(body.error());
        const auto value = parse(*body);
        if (!value || !value->is_array()) return List(lied());
        std::size_t confirmed = 0;
        for (const auto& row : value->as_array()) {
          const auto listed = readListed(row);
          if (!listed || former.size() >= MAX_LISTED) return List(lied());
          confirmed += listed->placement.has_value();
          former.push_back(*listed);
        }
        if (confirmed < PAGE) return List(std::move(former));
        std::string last = former.back().txid.hex();
        return listPage(std::move(path), std::move(last), std::move(former));
      });
}

kj::Promise<Result<bitcoin::Transaction>> Esplora::transaction(bitcoin::Txid txid) {
  return get("/tx/" + txid.hex() + "/hex")
      .then([txid](Result<std::string> body) -> Result<bitcoin::Transaction> {
        if (!body) return body.error();
        const auto bytes = bitcoin::fromHex(trimmed(*body));
        if (!bytes) return lied();
        auto parsed = bitcoin::Transaction::parse(*bytes);
        if (!parsed || parsed->txid() != txid) return lied();
        return std::move(*parsed);
      });
}

kj::Promise<Result<bool>> Esplora::provePlacement(bitcoin::Txid txid, Placement placement) {
  auto proof = get("/tx/" + txid.hex() + "/merkle-proof");
  auto header = get("/block/" + placement.block.hex() + "/header");
  return proof.then([this, txid, placement, header = kj::mv(header)](
                        Result<std::string> branch) mutable -> kj::Promise<Result<bool>> {
    if (!branch) return Result<bool>(branch.error());
    return header.then([txid, placement, target = m_easiestTarget, branch = std::move(*branch)](
                           Result<std::string> bytes) -> Result<bool> {
      if (!bytes) return bytes.error();
      return provesPlacement(txid, placement, branch, *bytes, target);
    });
  });
}

kj::Promise<Result<FeeEstimates>> Esplora::feeEstimates() {
  return get("/fee-estimates").then([](Result<std::string> body) -> Result<FeeEstimates> {
    if (!body) return body.error();
    const auto value = parse(*body);
    if (!value || !value->is_object()) return lied();
    const auto& table = value->as_object();
    return FeeEstimates{estimate(table, {"1", "2", "3"}),
                        estimate(table, {"6", "10"}),
                        estimate(table, {"144", "504"})};
  });
}

kj::Promise<Result<bool>> Esplora::broadcast(const bitcoin::Transaction& transaction) {
  return request(proto::HttpMethod::POST, "/tx", bitcoin::toHex(transaction.serialize()))
      .then([](Result<Answer> answer) -> Result<bool> {
        if (!answer) return answer.error();
        if (answer->status == 200) return true;
        // Anything but Esplora's own refusal (a busy server's 429, a proxy's 502) leaves it open.
        if (answer->status != 400) return unavailable();
        return Error{Code::CONFLICT, "The network refuses this payment."};
      });
}

}  // namespace sallyport::wallet
