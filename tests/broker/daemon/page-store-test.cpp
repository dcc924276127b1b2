// The module `store` over a vault that the test plays: whose rows are whose, and who is asked when.
#include "broker/daemon/page-store.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

#include <map>

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::store::Space;

struct World {
  std::map<std::string, std::map<std::string, std::string>> spaces;
  proto::Failure failure = proto::Failure::NONE;
  bool initialized = true;
  bool gesture = true;
  std::string asked;
};

class VaultFake final : public proto::Vault::Server {
 public:
  explicit VaultFake(World& world) : m_world(world) {}

 protected:
  kj::Promise<void> status(StatusContext context) override {
    context.getResults().initStatus().setInitialized(m_world.initialized);
    return kj::READY_NOW;
  }
  kj::Promise<void> unlock(UnlockContext context) override {
    m_world.asked += "unlock ";
    context.getResults().initResult().setFailure(m_world.failure);
    return kj::READY_NOW;
  }
  kj::Promise<void> setPassphrase(SetPassphraseContext context) override {
    m_world.asked += "set ";
    context.getResults().initResult().setFailure(m_world.failure);
    return kj::READY_NOW;
  }
  kj::Promise<void> getAppRecords(GetAppRecordsContext context) override {
    auto results = context.getResults();
    results.setFailure(m_world.failure);
    if (m_world.failure != proto::Failure::NONE) return kj::READY_NOW;
    const auto params = context.getParams();
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& [key, value] : m_world.spaces[params.getSpace().cStr()])
      if (key.starts_with(params.getPrefix().cStr()) && rows.size() < params.getLimit())
        rows.emplace_back(key, params.getKeysOnly() ? "" : value);
    auto list = results.initRecords(static_cast<unsigned>(rows.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setKey(rows[i].first);
      list[i].setValue(kj::arrayPtr(rows[i].second.data(), rows[i].second.size()).asBytes());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> putAppRecords(PutAppRecordsContext context) override {
    context.getResults().initResult().setFailure(m_world.failure);
    if (m_world.failure != proto::Failure::NONE) return kj::READY_NOW;
    auto& space = m_world.spaces[context.getParams().getSpace().cStr()];
    for (auto record : context.getParams().getRecords()) {
      const auto value = record.getValue().asChars();
      if (value.size() == 0)
        space.erase(record.getKey().cStr());
      else
        space[record.getKey().cStr()] = std::string(value.begin(), value.end());
    }
    return kj::READY_NOW;
  }

 private:
  World& m_world;
};

struct StoreFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  World world;
  proto::Vault::Client vault{kj::heap<VaultFake>(world)};
  PageStore pages{{[this] { return vault; },
                   [this](const std::string&) -> kj::Promise<commands::Result<bool>> {
                     return commands::Result<bool>(bool{world.gesture});
                   }}};
  const Caller main{"main", "app"};

  std::string get(const Caller& caller, Space space, const std::string& key) {
    const auto found = pages.get(caller, space, key).wait(io.waitScope);
    if (found.has_error()) return std::string(commands::codeName(found.error().code));
    return found->value.value_or("(none)");
  }
  std::string set(const Caller& caller, Space space, commands::store::SetStored what) {
    const auto done = pages.set(caller, space, std::move(what)).wait(io.waitScope);
    return done.has_error() ? std::string(commands::codeName(done.error().code)) : "ok";
  }
  std::string unlock() {
    const auto done = pages.unlock(main).wait(io.waitScope);
    return done.has_error() ? std::string(commands::codeName(done.error().code)) : "ok";
  }
};

TEST_CASE_FIXTURE(StoreFixture,
                  "a window's values are its own in its origin, shared ones the origin's") {
  const Caller side{"side", "app"}, remote{"main", "remote"};
  CHECK(set(main, Space::WINDOW, {"k", "mine"}) == "ok");
  CHECK(set(main, Space::SHARED, {"k", "ours"}) == "ok");
  CHECK(get(main, Space::WINDOW, "k") == "mine");
  CHECK(get(side, Space::WINDOW, "k") == "(none)");
  CHECK(get(remote, Space::WINDOW, "k") == "(none)");
  CHECK(get(side, Space::SHARED, "k") == "ours");
  CHECK(get(remote, Space::SHARED, "k") == "(none)");
}

TEST_CASE_FIXTURE(StoreFixture,
                  "an empty value is a value, an absent one removes, a prefix finds no other key") {
  CHECK(set(main, Space::WINDOW, {"key", ""}) == "ok");
  CHECK(get(main, Space::WINDOW, "key") == "");
  CHECK(get(main, Space::WINDOW, "ke") == "(none)");
  CHECK(pages.list(main, Space::WINDOW, "k").wait(io.waitScope)->keys ==
        std::vector<std::string>{"key"});
  CHECK(set(main, Space::WINDOW, {"key", {}}) == "ok");
  CHECK(get(main, Space::WINDOW, "key") == "(none)");
}

TEST_CASE_FIXTURE(StoreFixture, "a locked store says so, and a full one changes nothing") {
  world.failure = proto::Failure::LOCKED;
  CHECK(get(main, Space::WINDOW, "k") == "locked");
  CHECK(set(main, Space::WINDOW, {"k", "v"}) == "locked");
  world.failure = proto::Failure::NOT_INITIALIZED;
  CHECK(pages.list(main, Space::SHARED, "").wait(io.waitScope).error().code ==
        commands::Code::LOCKED);
  world.failure = proto::Failure::LIMIT;
  CHECK(set(main, Space::WINDOW, {"k", "v"}) == "limit");
  vault = KJ_EXCEPTION(DISCONNECTED, "gone");
  CHECK(get(main, Space::WINDOW, "k") == "unavailable");
}

TEST_CASE_FIXTURE(
    StoreFixture,
    "the user is asked after a click or a key only, and for a first passphrase once") {
  world.gesture = false;
  CHECK(unlock() == "denied");
  CHECK(world.asked.empty());
  world.gesture = true;
  CHECK(unlock() == "ok");
  world.initialized = false;
  CHECK(unlock() == "ok");
  CHECK(world.asked == "unlock set ");
  world.failure = proto::Failure::WRONG_PASSPHRASE;
  CHECK(unlock() == "declined");
}

}  // namespace
}  // namespace sallyport::daemon
