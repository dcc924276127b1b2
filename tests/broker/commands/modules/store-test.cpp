// The module `store`: keys and values within their bounds, a window's own and the shared ones
// apart.
#include <doctest/doctest.h>

#include "broker/commands/modules/store/store-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;
using Names = std::vector<std::string>;

class StoreFake final : public store::Host {
 public:
  kj::Promise<Result<store::StoredValue>> get(const Caller&,
                                              store::Space space,
                                              std::string key) override {
    if (key == "none") return Result<store::StoredValue>(store::StoredValue{});
    return Result<store::StoredValue>(
        store::StoredValue{(space == store::Space::SHARED ? "shared " : "own ") + key});
  }
  kj::Promise<Result<Null>> set(const Caller&, store::Space space, store::SetStored what) override {
    seen = (space == store::Space::SHARED ? "shared " : "own ") + what.key + "=" +
           what.value.value_or("-");
    return Result<Null>(Null{});
  }
  kj::Promise<Result<store::StoredKeys>> list(const Caller&,
                                              store::Space,
                                              std::string prefix) override {
    return Result<store::StoredKeys>(store::StoredKeys{{prefix + "a"}});
  }
  kj::Promise<Result<Null>> unlock(const Caller&) override {
    seen = "unlock";
    return Result<Null>(Null{});
  }
  std::string seen;
};

TEST_CASE("values are read, written, removed and listed, each in its space") {
  StoreFake host;
  const Registry registry = test::registryOf(store::makeModule(host));
  CHECK(call(registry, "cmd_get_stored", R"({"key":"k"})") == R"({"value":"own k"})");
  CHECK(call(registry, "cmd_get_shared", R"({"key":"k"})") == R"({"value":"shared k"})");
  CHECK(call(registry, "cmd_get_stored", R"({"key":"none"})") == "{}");
  CHECK(call(registry, "cmd_set_shared", R"({"key":"k","value":""})") == "null");
  CHECK(host.seen == "shared k=");
  CHECK(call(registry, "cmd_set_stored", R"({"key":"k"})") == "null");
  CHECK(host.seen == "own k=-");
  CHECK(call(registry, "cmd_list_stored", R"({"prefix":"x/"})") == R"({"keys":["x/a"]})");
  CHECK(call(registry, "cmd_unlock_store") == "null");
  const auto set = [&](const std::string& key, std::size_t bytes) {
    return call(registry,
                "cmd_set_stored",
                R"({"key":")" + key + R"(","value":")" + std::string(bytes, 'v') + "\"}");
  };
  CHECK(set(std::string(store::MAX_KEY_BYTES, 'k'), store::MAX_VALUE_BYTES) == "null");
  host.seen.clear();
  CHECK(set("k", store::MAX_VALUE_BYTES + 1) == "too-large: value: more than 65535 bytes");
  CHECK(set(std::string(store::MAX_KEY_BYTES + 1, 'k'), 1).find("invalid-argument: key: ") == 0);
  CHECK(set("", 1).find("invalid-argument: key: ") == 0);
  CHECK(call(registry, "cmd_get_stored", R"({"key":"a\nb"})").find("invalid-argument: key") == 0);
  CHECK(call(registry, "cmd_list_stored", R"({"prefix":7})").find("invalid-argument") == 0);
  CHECK(host.seen.empty());
  CHECK(test::allowed(registry, "store:default") ==
        Names{"cmd_get_stored", "cmd_set_stored", "cmd_list_stored", "cmd_unlock_store"});
  CHECK(test::allowed(registry, "store:shared") ==
        Names{"cmd_get_shared", "cmd_set_shared", "cmd_list_shared"});
}

}  // namespace
