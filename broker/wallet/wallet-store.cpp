#include "broker/wallet/wallet-store.h"

#include <boost/json.hpp>
#include <charconv>

namespace sallyport::wallet {
namespace {

namespace json = boost::json;
using commands::Code;
using commands::Error;

constexpr std::uint16_t PAGE = 200;  // rows asked for at once; the vault may give fewer
constexpr std::string_view TX = "tx/", RECEIVE = "receive/", NEXT_CHANGE = "next-change";

Error unreachable() { return {Code::UNAVAILABLE, "The vault does not answer."}; }

std::string paddedIndex(std::uint32_t index) {
  std::string digits = std::to_string(index);
  return std::string(10 - digits.size(), '0') + digits;  // rows come back in key order
}

std::optional<std::uint32_t> number(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string write(const KnownTx& known) {
  json::object row;
  row["raw"] = bitcoin::toHex(known.transaction.serialize());
  row["firstSeen"] = known.firstSeen;
  if (known.label) row["label"] = *known.label;
  if (known.placement) {
    row["height"] = known.placement->height;
    row["block"] = known.placement->block.hex();
    row["time"] = known.placement->time;
  }
  return json::serialize(row);
}

// Rows were written by this code and came out of the authenticated database: one that does not read
// is a bug.
KnownTx readTransaction(std::string_view text) {
  const auto row = json::parse(text).as_object();
  KnownTx known;
  const auto raw = bitcoin::fromHex(std::string_view(row.at("raw").as_string())).value();
  known.transaction = bitcoin::Transaction::parse(raw).value();
  known.firstSeen = row.at("firstSeen").to_number<std::int64_t>();
  if (const auto* label = row.if_contains("label")) known.label = std::string(label->as_string());
  if (row.contains("height"))
    known.placement =
        Placement{row.at("height").to_number<std::int64_t>(),
                  bitcoin::BlockHash::parse(std::string_view(row.at("block").as_string())).value(),
                  row.at("time").to_number<std::int64_t>()};
  return known;
}

void readRow(std::string_view key, std::string_view value, StoredWallet& stored) {
  if (key.substr(0, TX.size()) == TX) {
    stored.transactions.push_back(readTransaction(value));
  } else if (key.substr(0, RECEIVE.size()) == RECEIVE) {
    const auto row = json::parse(value).as_object();
    HandedOut address{number(key.substr(RECEIVE.size())).value(), std::nullopt};
    if (const auto* label = row.if_contains("label"))
      address.label = std::string(label->as_string());
    stored.receive.push_back(std::move(address));
  } else if (key == NEXT_CHANGE) {
    stored.nextChange = number(value).value();
  }
}

}  // namespace

Error describeFailure(proto::Failure failure) {
  switch (failure) {
    case proto::Failure::LOCKED:
      return {Code::LOCKED, "The wallet is locked."};
    case proto::Failure::DECLINED:
      return {Code::DECLINED, "It was declined in the prompt."};
    case proto::Failure::NO_PROMPT:
      return {Code::UNAVAILABLE, "The prompt is not there; nothing was done."};
    case proto::Failure::BUSY:
      return {Code::RATE_LIMITED, "Another question is open in the prompt."};
    case proto::Failure::WRONG_PASSPHRASE:
      return {Code::DECLINED, "That was not the passphrase."};
    case proto::Failure::BACKOFF:
      return {Code::RATE_LIMITED, "Too many attempts; wait before the next one."};
    case proto::Failure::NOT_INITIALIZED:
      return {Code::NOT_FOUND, "No passphrase was set yet."};
    case proto::Failure::NO_SUCH_WALLET:
      return {Code::NOT_FOUND, "There is no such wallet."};
    case proto::Failure::INVALID_NAME:
      return {Code::INVALID_ARGUMENT, "name: must be 1 to 64 bytes without control characters"};
    case proto::Failure::LIMIT:
      return {Code::LIMIT, "The vault has no room for more."};
    case proto::Failure::NOT_SUPPORTED:
      return {Code::NOT_SUPPORTED, "This kind of wallet is not offered yet."};
    case proto::Failure::WORDS_WRONG:
      return {Code::DECLINED, "The words did not match; the wallet is not backed up."};
    case proto::Failure::INVALID_MNEMONIC:
      return {Code::INVALID_ARGUMENT, "These words are not a seed."};
    case proto::Failure::STORAGE:
      return {Code::UNAVAILABLE, "The vault cannot write to its disk; nothing was changed."};
    case proto::Failure::MALFORMED:
    case proto::Failure::NONE:
      break;
  }
  return {Code::INTERNAL, "The vault refused."};
}

WalletStore::WalletStore(std::function<proto::Vault::Client()> vault, std::string walletId)
    : m_vault(std::move(vault)), m_walletId(std::move(walletId)) {}

kj::Promise<Result<StoredWallet>> WalletStore::load() { return loadAfter({}, {}); }

kj::Promise<Result<StoredWallet>> WalletStore::loadAfter(std::string after, StoredWallet former) {
  auto request = m_vault().getRecordsRequest();
  request.setWalletId(m_walletId.c_str());
  request.setAfter(after.c_str());
  request.setLimit(PAGE);
  auto answer = request.send().then(
      [former =
           std::move(former)](capnp::Response<proto::Vault::GetRecordsResults>&& results) mutable
      -> Result<std::pair<std::string, StoredWallet>> {
        if (results.getFailure() != proto::Failure::NONE)
          return describeFailure(results.getFailure());
        std::string last;  // stays empty behind the last page
        for (auto record : results.getRecords()) {
          last.assign(record.getKey().begin(), record.getKey().end());
          const auto value = record.getValue().asChars();
          readRow(last, std::string_view(value.begin(), value.size()), former);
        }
        return std::pair(std::move(last), std::move(former));
      },
      [](kj::Exception&&) -> Result<std::pair<std::string, StoredWallet>> {
        return unreachable();
      });
  return answer.then([this](Result<std::pair<std::string, StoredWallet>> page)
                         -> kj::Promise<Result<StoredWallet>> {
    if (!page) return Result<StoredWallet>(page.error());
    if (page->first.empty()) return Result<StoredWallet>(std::move(page->second));
    return loadAfter(std::move(page->first), std::move(page->second));
  });
}

kj::Promise<Result<bool>> WalletStore::save(const Change& change) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const KnownTx* known : change.put) {
    std::string value = write(*known);
    // A stranger's giant is left out: the next sync fetches it again.
    if (value.size() > proto::MAX_RECORD_VALUE_BYTES) continue;
    rows.emplace_back(std::string(TX) + known->transaction.txid().hex(), std::move(value));
  }
  for (const auto& txid : change.erase)
    rows.emplace_back(std::string(TX) + txid.hex(), std::string());
  if (change.handOut) {
    json::object row;
    if (change.handOut->label) row["label"] = *change.handOut->label;
    rows.emplace_back(std::string(RECEIVE) + paddedIndex(change.handOut->index),
                      json::serialize(row));
  }
  if (change.nextChange) rows.emplace_back(NEXT_CHANGE, std::to_string(*change.nextChange));
  if (rows.empty()) return Result<bool>(true);

  auto request = m_vault().putRecordsRequest();
  request.setWalletId(m_walletId.c_str());
  auto records = request.initRecords(static_cast<unsigned>(rows.size()));
  for (unsigned i = 0; i < rows.size(); ++i) {
    records[i].setKey(rows[i].first.c_str());
    records[i].setValue(kj::arrayPtr(rows[i].second.data(), rows[i].second.size()).asBytes());
  }
  return request.send().then(
      [](capnp::Response<proto::Vault::PutRecordsResults>&& results) -> Result<bool> {
        const auto failure = results.getResult().getFailure();
        if (failure != proto::Failure::NONE) return describeFailure(failure);
        return true;
      },
      [](kj::Exception&&) -> Result<bool> { return unreachable(); });
}

}  // namespace sallyport::wallet
