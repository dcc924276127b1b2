// The module `store`: what a page keeps, encrypted in the vault's database. Each window has its own
// keys, in its origin; the windows of an app share others, which are granted apart. Runs in the
// broker.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::store {

// proto/vault.capnp's limits; a window's or the shared keys: 1,000 and 4 MiB.
constexpr std::size_t MAX_KEY_BYTES = 128;
constexpr std::size_t MAX_VALUE_BYTES = 65'535;
constexpr std::size_t MAX_LISTED_KEYS = 1'000;

struct GetStored {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(GetStored, (), (key))

struct StoredValue {
  std::optional<std::string> value;  // absent: there is no such key
};
BOOST_DESCRIBE_STRUCT(StoredValue, (), (value))

struct SetStored {
  std::string key;
  std::optional<std::string> value;  // absent: the key is removed
};
BOOST_DESCRIBE_STRUCT(SetStored, (), (key, value))

struct ListStored {
  std::optional<std::string> prefix;
};
BOOST_DESCRIBE_STRUCT(ListStored, (), (prefix))

struct StoredKeys {
  std::vector<std::string> keys;  // in order of their bytes
};
BOOST_DESCRIBE_STRUCT(StoredKeys, (), (keys))

struct UnlockStore {};
BOOST_DESCRIBE_STRUCT(UnlockStore, (), ())

enum class Space { WINDOW, SHARED };

// LOCKED until the user has given the passphrase, which only the prompt hears.
class Host {
 public:
  virtual ~Host() = default;
  // key is within its limit, without control characters.
  virtual kj::Promise<Result<StoredValue>> get(const Caller& caller,
                                               Space space,
                                               std::string key) = 0;
  // Durable when it is answered. LIMIT: the quota is used up, and nothing was changed.
  virtual kj::Promise<Result<Null>> set(const Caller& caller, Space space, SetStored what) = 0;
  virtual kj::Promise<Result<StoredKeys>> list(const Caller& caller,
                                               Space space,
                                               std::string prefix) = 0;
  // Has the user asked for the passphrase, or for a first one. DENIED unless the user has just
  // clicked or typed in the window.
  virtual kj::Promise<Result<Null>> unlock(const Caller& caller) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::store
