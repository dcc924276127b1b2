#include "broker/daemon/page-store.h"

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
namespace store = commands::store;
using store::Space;

// In front of every value: to the vault, an empty one is none.
constexpr char MARK = '=';

// "app/main" is one window's, "app/" what the windows of this origin share. Labels have no slash.
std::string nameOf(const Caller& caller, Space space) {
  return caller.origin + '/' + (space == Space::WINDOW ? caller.window : std::string());
}

Error vaultAway() { return {Code::UNAVAILABLE, "The vault does not answer."}; }

Error describe(proto::Failure failure) {
  switch (failure) {
    case proto::Failure::LOCKED:
    case proto::Failure::NOT_INITIALIZED:
      return {Code::LOCKED, "The store is locked."};
    case proto::Failure::LIMIT:
      return {Code::LIMIT, "The store has no room for more."};
    case proto::Failure::DECLINED:
      return {Code::DECLINED, "It was declined in the prompt."};
    case proto::Failure::WRONG_PASSPHRASE:
      return {Code::DECLINED, "That was not the passphrase."};
    case proto::Failure::BUSY:
      return {Code::RATE_LIMITED, "Another question is open in the prompt."};
    case proto::Failure::BACKOFF:
      return {Code::RATE_LIMITED, "Too many attempts; wait before the next one."};
    case proto::Failure::STORAGE:
      return {Code::UNAVAILABLE, "The vault cannot write to its disk; nothing was changed."};
    default:
      return vaultAway();
  }
}

template <typename Value>
kj::Promise<Result<Value>> orVaultAway(kj::Promise<Result<Value>> promise) {
  return promise.catch_([](kj::Exception&&) -> Result<Value> { return vaultAway(); });
}

}  // namespace

kj::Promise<Result<store::StoredValue>> PageStore::get(const Caller& caller,
                                                       Space space,
                                                       std::string key) {
  auto request = m_parts.vault().getAppRecordsRequest();
  request.setSpace(nameOf(caller, space));
  request.setPrefix(key);
  request.setLimit(1);  // the shortest key of a prefix is the prefix itself
  return orVaultAway<store::StoredValue>(
      request.send().then([key](auto&& answer) -> Result<store::StoredValue> {
        if (answer.getFailure() != proto::Failure::NONE) return describe(answer.getFailure());
        store::StoredValue found;
        for (auto record : answer.getRecords()) {
          const auto value = record.getValue().asChars();
          if (key == record.getKey().cStr() && value.size() > 0)
            found.value = std::string(value.begin() + 1, value.end());
        }
        return found;
      }));
}

kj::Promise<Result<Null>> PageStore::set(const Caller& caller, Space space, store::SetStored what) {
  auto request = m_parts.vault().putAppRecordsRequest();
  request.setSpace(nameOf(caller, space));
  auto record = request.initRecords(1)[0];
  record.setKey(what.key);
  if (what.value) {
    const std::string value = MARK + *what.value;
    record.setValue(kj::arrayPtr(value.data(), value.size()).asBytes());
  }
  return orVaultAway<Null>(request.send().then([](auto&& answer) -> Result<Null> {
    const auto failure = answer.getResult().getFailure();
    if (failure != proto::Failure::NONE) return describe(failure);
    return Null{};
  }));
}

kj::Promise<Result<store::StoredKeys>> PageStore::list(const Caller& caller,
                                                       Space space,
                                                       std::string prefix) {
  auto request = m_parts.vault().getAppRecordsRequest();
  request.setSpace(nameOf(caller, space));
  request.setPrefix(prefix);
  request.setLimit(store::MAX_LISTED_KEYS);
  request.setKeysOnly(true);
  return orVaultAway<store::StoredKeys>(
      request.send().then([](auto&& answer) -> Result<store::StoredKeys> {
        if (answer.getFailure() != proto::Failure::NONE) return describe(answer.getFailure());
        store::StoredKeys found;
        for (auto record : answer.getRecords()) found.keys.push_back(record.getKey().cStr());
        return found;
      }));
}

kj::Promise<Result<Null>> PageStore::unlock(const Caller& caller) {
  return m_parts.takeGesture(caller.window)
      .then([this](Result<bool> given) -> kj::Promise<Result<Null>> {
        if (given.has_error()) return Result<Null>(given.error());
        if (!*given)
          return Result<Null>(
              Error{Code::DENIED, "The passphrase may be asked for right after a click or a key."});
        return orVaultAway<Null>(askPassphrase());
      });
}

kj::Promise<Result<Null>> PageStore::askPassphrase() {
  const auto toResult = [](proto::Failure failure) -> Result<Null> {
    if (failure != proto::Failure::NONE) return describe(failure);
    return Null{};
  };
  return m_parts.vault().statusRequest().send().then(
      [this, toResult](auto&& answer) -> kj::Promise<Result<Null>> {
        if (answer.getStatus().getInitialized())
          return m_parts.vault().unlockRequest().send().then(
              [toResult](auto&& unlocked) { return toResult(unlocked.getResult().getFailure()); });
        return m_parts.vault().setPassphraseRequest().send().then(
            [toResult](auto&& set) { return toResult(set.getResult().getFailure()); });
      });
}

}  // namespace sallyport::daemon
