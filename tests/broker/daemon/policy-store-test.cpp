// The policy while windows run: read again, narrowed, revoked, and never half of anything.
#include "broker/daemon/policy-store.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/vector.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/commands/module.h"
#include "broker/commands/registry.h"
#include "broker/session/dispatcher.h"
#include "broker/session/running-commands.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

using capabilities::Verdict;
namespace fs = std::filesystem;

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct JournalFake final : session::SessionJournal {
  void attached(std::string_view, std::string_view) override {}
  void ended(std::string_view, session::EndReason) override {}
  void refused(std::string_view, std::string_view, commands::Code) override {}
  void incident(std::string_view, std::string_view, std::string_view, std::string_view) override {}
  void pageLine(std::string_view, session::PageLevel, std::string_view) override {}
};

commands::Registry twoCommands(int& calls) {
  commands::Module module("side", "Two commands.");
  for (const char* name : {"cmd_left", "cmd_right"})
    module.add(name, "Counts.", [&calls](const commands::Caller&, Nothing) {
      ++calls;
      return commands::Result<commands::Null>(commands::Null{});
    });
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  return commands::Registry::create(std::move(modules)).value();
}

struct StoreFixture : TestFolder {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  int calls = 0;
  commands::Registry registry = twoCommands(calls);
  AppFile app{"sides", "Sides", {{"main", "M", 640, 480}, {"other", "O", 640, 480}}, "x"};
  int changes = 0;
  kj::Function<void(const PolicyStore::Current&)> onChange = [](const PolicyStore::Current&) {};
  PolicyStore store{{path() / "app", path() / "policy.d"},
                    app,
                    registry.catalogue().value(),
                    journal,
                    [this](const PolicyStore::Current& policy) {
                      ++changes;
                      onChange(policy);
                    }};

  // Whole or not at all, like a package's installation.
  void put(std::string_view name, std::string_view text) {
    const auto temporary = write(std::string(name) + ".new", text);
    chmod(temporary.c_str(), 0644);
    fs::rename(temporary, path() / name);
  }
  void grant(std::string_view permissions, std::string_view windows = R"("main", "other")") {
    put("app/capabilities/main.json",
        R"({"identifier":"main","windows":[)" + std::string(windows) + R"(],"permissions":[)" +
            std::string(permissions) + "]}");
  }
  void forbid(std::string_view rest, std::string_view name = "policy.d/admin.json") {
    fs::create_directories(path() / "policy.d");
    chmod((path() / "policy.d").c_str(), 0755);
    put(name, R"({"identifier":"admin",)" + std::string(rest) + "}");
  }
  std::string load() { return capabilities::format(store.load()); }
  std::string reload() { return capabilities::format(store.reload().wait(io.waitScope)); }
  Verdict verdict(const char* command, const char* window = "main") {
    return capabilities::decide(store.current()->grants(window, "app"), registry.find(command)->id)
        .verdict;
  }
  bool says(const std::string& text, const std::string& part) {
    const bool found = text.find(part) != std::string::npos;
    CHECK_MESSAGE(found, text);
    return found;
  }
};

TEST_CASE_FIXTURE(StoreFixture, "before anything is loaded nothing is granted") {
  CHECK(verdict("cmd_left") == Verdict::NOT_GRANTED);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "a reload lets new files hold, in one turn for all who keep grants") {
  grant(R"("side:allow-left")");
  CHECK(load() == "");
  CHECK(changes == 0);
  CHECK(verdict("cmd_left") == Verdict::ALLOWED);
  grant(R"("side:allow-right")");
  CHECK(verdict("cmd_right") == Verdict::NOT_GRANTED);
  CHECK(reload() == "");
  CHECK(changes == 1);
  CHECK(verdict("cmd_left") == Verdict::NOT_GRANTED);
  CHECK(verdict("cmd_right") == Verdict::ALLOWED);
  CHECK(pipe.has("policy: reloaded"));
}

TEST_CASE_FIXTURE(StoreFixture,
                  "wrong files change nothing, and are named to the caller and in the journal") {
  grant(R"("side:allow-left")");
  CHECK(load() == "");
  for (const char* permissions : {R"("side:allow-lift")", R"("side:allow-left",)", "", "\n\n5"}) {
    const bool half = std::string_view(permissions).empty();
    if (half)
      put("app/capabilities/main.json", R"({"identifier":"main","windows":["ma)");
    else
      grant(permissions);
    const auto wrong = reload();
    says(wrong, "app/capabilities/main.json:");
    CHECK(verdict("cmd_left") == Verdict::ALLOWED);
    CHECK(verdict("cmd_left", "other") == Verdict::ALLOWED);
  }
  CHECK(changes == 0);
  CHECK(pipe.has("the last good one holds"));
  CHECK(pipe.has("unknown permission `side:allow-lift`"));
  fs::remove_all(path() / "app/capabilities");
  says(reload(), "capabilities: is missing");
  CHECK(verdict("cmd_left") == Verdict::ALLOWED);
  grant(R"("side:allow-right")");
  CHECK(reload() == "");
  CHECK(verdict("cmd_left") == Verdict::NOT_GRANTED);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "what is revoked is denied in that window, at once and over reloads") {
  grant(R"("side:allow-left", "side:allow-right")");
  CHECK(load() == "");
  CHECK(store.revoke("main", "side:allow-left").empty());
  CHECK(changes == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(verdict("cmd_left") == Verdict::DENIED);
    CHECK(verdict("cmd_right") == Verdict::ALLOWED);
    CHECK(verdict("cmd_left", "other") == Verdict::ALLOWED);
    CHECK(reload() == "");
  }
  CHECK(pipe.has("revoked side:allow-left from window main"));
}

TEST_CASE_FIXTURE(StoreFixture,
                  "a revocation that names nothing is refused with the nearest name") {
  grant(R"("side:allow-left")");
  CHECK(load() == "");
  const auto wrong = capabilities::format(store.revoke("mian", "side:allow-lift"));
  says(wrong, "no window `mian`. Fix: did you mean `main`?");
  says(wrong, "did you mean `side:allow-left`?");
  says(capabilities::format(store.revoke("main", "side:deny-left")), "allows nothing");
  CHECK(changes == 0);
  CHECK(verdict("cmd_left") == Verdict::ALLOWED);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "the admin's policy takes away and bounds, in every app that it means") {
  grant(R"("side:allow-left", {"identifier":"side:allow-right","limits":{"perMinute":9}})");
  forbid(R"("windows":["main"],"permissions":["side:deny-left",
    {"identifier":"side:allow-right","limits":{"perMinute":3,"maxBytes":10}}])");
  CHECK(load() == "");
  CHECK(verdict("cmd_left") == Verdict::DENIED);
  CHECK(verdict("cmd_left", "other") == Verdict::ALLOWED);
  const auto& limits =
      capabilities::decide(store.current()->grants("main", "app"), registry.find("cmd_right")->id)
          .grant->limits;
  CHECK(limits.perMinute == 3);
  CHECK(limits.maxBytes == 10);
  forbid(R"("permissions":["side:deny-left"])");
  CHECK(reload() == "");
  CHECK(verdict("cmd_left", "other") == Verdict::DENIED);
  forbid(R"("apps":["notes"],"permissions":["notes:deny-all"])");
  CHECK(reload() == "");
  CHECK(verdict("cmd_left") == Verdict::ALLOWED);
  forbid(R"("apps":["notes","sides"],"permissions":["side:deny-left"])");
  CHECK(reload() == "");
  CHECK(verdict("cmd_left") == Verdict::DENIED);
}

TEST_CASE_FIXTURE(StoreFixture, "the admin's policy grants nothing, whatever it says") {
  grant("");
  forbid(R"("permissions":["side:allow-left"])");
  says(load(),
       "admin.json:1:38: `side:allow-left` would allow, and the admin's policy can only narrow. "
       "Fix: write the deny permission, or give `limits`");
  forbid(R"("permissions":[{"identifier":"side:allow-left","limits":{"perMinute":3}}])");
  CHECK(load() == "");
  CHECK(verdict("cmd_left") == Verdict::NOT_GRANTED);
  forbid(R"("remote":{"urls":["https://a.example"]},"permissions":[])");
  says(reload(), "an admin policy has no field `remote`");
  forbid(R"("permissions":["walet:deny-send"])");
  says(reload(), "Fix: when it is meant for some apps only, name them in `apps`");
}

TEST_CASE_FIXTURE(StoreFixture, "an admin's file or folder that others may write is refused") {
  grant(R"("side:allow-left")");
  forbid(R"("permissions":["side:deny-left"])");
  CHECK(load() == "");
  const auto file = path() / "policy.d" / "admin.json";
  const auto refused = [&](const std::string& why) {
    says(reload(), why);
    CHECK(verdict("cmd_left") == Verdict::DENIED);  // the last good one
  };
  for (const mode_t mode : {0664, 0646}) {
    chmod(file.c_str(), mode);
    refused("admin.json: others may write it. Fix: chmod go-w ");
  }
  chmod(file.c_str(), 0644);
  for (const mode_t mode : {0775, 0757, 01777}) {
    chmod(file.parent_path().c_str(), mode);
    refused("policy.d: others may write it");
  }
  chmod(file.parent_path().c_str(), 0755);
  if (geteuid() == 0) {
    REQUIRE(chown(file.c_str(), 65534, 65534) == 0);
    refused("admin.json: belongs to another user");
    REQUIRE(chown(file.c_str(), 0, 0) == 0);
  }
  fs::rename(file, path() / "real.json");
  fs::create_symlink(path() / "real.json", file);
  refused("admin.json: is not a regular file");
  fs::remove(file);
  REQUIRE(mkfifo(file.c_str(), 0644) == 0);
  refused("admin.json: is not a regular file");
  fs::remove_all(path() / "policy.d");
  refused("policy.d: is missing");
  fs::create_directory(path() / "elsewhere");
  fs::create_directory_symlink(path() / "elsewhere", path() / "policy.d");
  refused("policy.d: is not a directory");
  fs::remove(path() / "policy.d");
  forbid(R"("permissions":[])");
  CHECK(reload() == "");
  CHECK(verdict("cmd_left") == Verdict::ALLOWED);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "an admin's folder that was asked for and is missing stops the start") {
  grant("");
  PolicyStore strict({path() / "app", path() / "typo", IfMissing::WRONG},
                     app,
                     registry.catalogue().value(),
                     journal,
                     [](const PolicyStore::Current&) {});
  says(capabilities::format(strict.load()), "typo: is missing");
}

TEST_CASE_FIXTURE(StoreFixture,
                  "reloads that wait for one share the next, and see what was written before it") {
  grant(R"("side:allow-left")");
  CHECK(load() == "");
  auto first = store.reload();
  for (int i = 0; i < 3; ++i) kj::evalLater([] {}).wait(io.waitScope);
  grant(R"("side:allow-right")");
  kj::Vector<kj::Promise<capabilities::Diagnostics>> later;
  for (int i = 0; i < 50; ++i) later.add(store.reload());
  CHECK(first.wait(io.waitScope).empty());
  for (auto& one : later) CHECK(one.wait(io.waitScope).empty());
  CHECK(verdict("cmd_right") == Verdict::ALLOWED);
  CHECK(changes <= 3);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "a handler gets the scope of the grant that let its call in, and keeps it") {
  std::shared_ptr<const capabilities::Scope> kept;
  commands::Module module("files", "Files.");
  module.add("cmd_read",
             "Asks its scope.",
             [&](const commands::Caller& caller, Nothing) {
               kept = caller.scope;
               return commands::Result<commands::Null>(commands::Null{});
             },
             {.scope = capabilities::ScopeKind::PATH});
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  const auto files = commands::Registry::create(std::move(modules)).value();
  grant(R"({"identifier":"files:allow-read","allow":["$APPDATA/**"]})");
  PolicyStore scoped({path() / "app", {}},
                     app,
                     files.catalogue().value(),
                     journal,
                     [](const PolicyStore::Current&) {});
  CHECK(capabilities::format(scoped.load()) == "");
  JournalFake sessions;
  session::RunningCommands running{sessions};
  {
    session::Dispatcher dispatcher(files,
                                   {"main", "app"},
                                   {scoped.current(), &scoped.current()->grants("main", "app")},
                                   io.provider->getTimer(),
                                   sessions,
                                   running);
    CHECK_FALSE(dispatcher.dispatch("cmd_read", "{}").wait(io.waitScope).refusal.has_value());
  }
  CHECK(scoped.revoke("main", "files:allow-read").empty());  // the table of the call is replaced
  REQUIRE(kept != nullptr);
  CHECK(capabilities::permitsPath(*kept, "/data/x", {{"$APPDATA", "/data"}}));
  CHECK_FALSE(capabilities::permitsPath(*kept, "/data/.x", {{"$APPDATA", "/data"}}));
}

TEST_CASE_FIXTURE(StoreFixture, "a link of a scheme that the app does not name stops the start") {
  commands::Module module("opener", "Links.");
  module.add("cmd_open_url",
             "Opens.",
             [](const commands::Caller&, Nothing) {
               return commands::Result<commands::Null>(commands::Null{});
             },
             {.scope = capabilities::ScopeKind::LINK});
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  const auto links = commands::Registry::create(std::move(modules)).value();
  const auto load = [&](AppFile file) {
    PolicyStore store({path() / "app", {}},
                      std::move(file),
                      links.catalogue().value(),
                      journal,
                      [](const PolicyStore::Current&) {});
    return capabilities::format(store.load());
  };
  grant(R"({"identifier":"opener:allow-open-url","allow":["https:*",{"link":"bitcoin:*"}]})");
  const auto wrong = load(app);
  CHECK_MESSAGE(wrong.find("the app does not open `bitcoin`") != std::string::npos, wrong);
  CHECK(wrong.find("https") == std::string::npos);
  AppFile named = app;
  named.opens = {"bitcoin"};
  CHECK(load(named) == "");
}

// Left and right are granted in turn, never both and never none: a call that saw a half policy, or
// two windows with different ones, would show.
TEST_CASE_FIXTURE(StoreFixture, "10,000 calls during 100 reloads each meet one whole policy") {
  struct Side {
    JournalFake journal;
    session::RunningCommands running{journal};
    session::Dispatcher dispatcher;
    Side(StoreFixture& f, const char* window)
        : dispatcher(f.registry,
                     {window, "app"},
                     grants(f.store.current(), window),
                     f.io.provider->getTimer(),
                     journal,
                     running) {}
    static std::shared_ptr<const capabilities::Grants> grants(const PolicyStore::Current& policy,
                                                              const char* window) {
      return {policy, &policy->grants(window, "app")};
    }
    bool works(const char* command, kj::WaitScope& scope) {
      return !dispatcher.dispatch(command, "{}").wait(scope).refusal.has_value();
    }
  };
  grant(R"("side:allow-left")");
  CHECK(load() == "");
  Side main(*this, "main"), other(*this, "other");
  onChange = [&](const PolicyStore::Current& policy) {
    main.dispatcher.setGrants(Side::grants(policy, "main"));
    other.dispatcher.setGrants(Side::grants(policy, "other"));
  };
  int reloads = 0, made = 0, torn = 0, left = 0;
  while (reloads < 100 || made < 10'000) {
    grant(reloads % 2 == 0 ? R"("side:allow-right")" : R"("side:allow-left")");
    auto reload = store.reload();
    bool done = false;
    auto watched = reload
                       .then([&](capabilities::Diagnostics wrong) {
                         done = true;
                         CHECK_MESSAGE(wrong.empty(), capabilities::format(wrong));
                       })
                       .eagerlyEvaluate(nullptr);
    for (int i = 0; i < 25 || !done; ++i) {
      // Made in one turn, as a page's batch arrives.
      const char* commands[] = {"cmd_left", "cmd_right"};
      std::vector<kj::Promise<session::Settled>> batch;
      for (const char* command : commands) {
        batch.push_back(main.dispatcher.dispatch(command, "{}"));
        batch.push_back(other.dispatcher.dispatch(command, "{}"));
      }
      bool allowed[4];
      for (int j = 0; j < 4; ++j) allowed[j] = !batch[j].wait(io.waitScope).refusal.has_value();
      made += 4;
      left += allowed[0];
      torn += allowed[0] != allowed[1] || allowed[2] != allowed[3] || allowed[0] == allowed[2];
      io.waitScope.poll();  // not of the port itself: that would eat the thread's knock
    }
    watched.wait(io.waitScope);
    ++reloads;
    torn += main.works("cmd_left", io.waitScope) != (reloads % 2 == 0);
  }
  CHECK(torn == 0);
  CHECK(reloads >= 100);
  CHECK(made >= 10'000);
  CHECK(left > 0);
  CHECK(calls > 5'000);
}

}  // namespace
}  // namespace sallyport::daemon
