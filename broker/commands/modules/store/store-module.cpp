// The commands of the module `store`. Runs in the broker.
#include "broker/commands/modules/store/store-module.h"

#include <algorithm>
#include <utility>

namespace sallyport::commands::store {
namespace {

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::optional<Error> wrongKey(const std::string& key) {
  if (!key.empty() && key.size() <= MAX_KEY_BYTES &&
      std::none_of(key.begin(), key.end(), &isControl))
    return std::nullopt;
  return Error{Code::INVALID_ARGUMENT, "key: expected 1 to 128 bytes without control characters"};
}

struct Names {
  const char* get;
  const char* set;
  const char* list;
};

void addSpace(Module& module, Host& host, Space space, const Names& names, const std::string& of) {
  module.add(
      names.get,
      "Reads a value of " + of + " encrypted store.",
      [&host, space](const Caller& caller, GetStored what) -> kj::Promise<Result<StoredValue>> {
        if (auto wrong = wrongKey(what.key)) return Result<StoredValue>(std::move(*wrong));
        return host.get(caller, space, std::move(what.key));
      });
  module.add(names.set,
             "Writes a value of " + of + " encrypted store, or removes it.",
             [&host, space](const Caller& caller, SetStored what) -> kj::Promise<Result<Null>> {
               if (auto wrong = wrongKey(what.key)) return Result<Null>(std::move(*wrong));
               if (what.value && what.value->size() > MAX_VALUE_BYTES)
                 return Result<Null>(Error{Code::TOO_LARGE, "value: more than 65535 bytes"});
               return host.set(caller, space, std::move(what));
             },
             {.onAbandon = OnAbandon::RUN_TO_END});
  module.add(
      names.list,
      "Lists the keys of " + of + " encrypted store.",
      [&host, space](const Caller& caller, ListStored what) -> kj::Promise<Result<StoredKeys>> {
        std::string prefix = what.prefix.value_or("");
        if (prefix.size() > MAX_KEY_BYTES)
          return Result<StoredKeys>(Error{Code::INVALID_ARGUMENT, "prefix: more than 128 bytes"});
        return host.list(caller, space, std::move(prefix));
      });
}

}  // namespace

Module makeModule(Host& host) {
  Module module{"store", "What pages keep, encrypted."};
  addSpace(module,
           host,
           Space::WINDOW,
           {"cmd_get_stored", "cmd_set_stored", "cmd_list_stored"},
           "the window's");
  addSpace(module,
           host,
           Space::SHARED,
           {"cmd_get_shared", "cmd_set_shared", "cmd_list_shared"},
           "the app's");
  module.add("cmd_unlock_store",
             "Has the user asked for the passphrase, right after a click or a key.",
             [&host](const Caller& caller, UnlockStore) { return host.unlock(caller); },
             {.deadline = std::chrono::minutes(10)});
  return module;
}

}  // namespace sallyport::commands::store
