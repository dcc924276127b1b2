// Every command of every module, by the broker's own table: out of reach without a grant, in reach
// with its own permission, and out of reach again from the call after the revocation on. A module
// that is added is tested here without a word more.
#include <doctest/doctest.h>
#include <kj/async-io.h>

#include <memory>
#include <string>

#include "broker/daemon/idle-modules.h"
#include "broker/session/dispatcher.h"
#include "broker/session/window-events.h"
#include "capabilities/capability.h"
#include "capabilities/policy.h"

namespace sallyport::daemon {
namespace {

// What all apps have, and nothing of an app's own.
struct NoApp final : App {
  std::vector<commands::Module> modules() override { return {}; }
};

using capabilities::Policy;

class SilentJournal final : public session::SessionJournal {
 public:
  void attached(std::string_view, std::string_view) override {}
  void ended(std::string_view, session::EndReason) override {}
  void refused(std::string_view, std::string_view, commands::Code) override {}
  void incident(std::string_view, std::string_view, std::string_view, std::string_view) override {}
  void pageLine(std::string_view, session::PageLevel, std::string_view) override {}
};

std::string scopeOf(const capabilities::CatalogueCommand& command) {
  switch (command.scope) {
    case capabilities::ScopeKind::PATH:
      return R"(,"allow":["$APPDATA/**"])";
    case capabilities::ScopeKind::URL:
      return R"(,"allow":["https://example.com"])";
    case capabilities::ScopeKind::COMMAND:
      return R"(,"allow":["tool"])";
    case capabilities::ScopeKind::LINK:
      return R"(,"allow":["mailto:*"])";
    case capabilities::ScopeKind::NONE:
      break;
  }
  return "";
}

struct GrantsFixture {
  std::shared_ptr<const Policy> policyOf(const std::string& permissions) {
    const std::string file =
        R"({"identifier":"one","windows":["main"],"permissions":[)" + permissions + "]}";
    auto capability = capabilities::parseCapability("one.json", file);
    auto policy = capabilities::resolve(catalogue.value(), {"main", "side"}, {capability.value()});
    REQUIRE_MESSAGE(policy.has_value(), file);
    return std::make_shared<const Policy>(std::move(policy.value()));
  }
  static std::shared_ptr<const capabilities::Grants> grants(
      const std::shared_ptr<const Policy>& policy, const char* window) {
    return {policy, &policy->grants(window, "app")};
  }
  // The code of a call whose arguments are no object, so that nothing is ever done: what is granted
  // gets as far as its arguments.
  std::string call(session::Dispatcher& dispatcher, const std::string& command) {
    const auto settled = dispatcher.dispatch(command, "[]").wait(io.waitScope);
    REQUIRE(settled.refusal.has_value());
    return std::string(commands::codeName(settled.refusal->code));
  }
  session::Dispatcher dispatcherOf(const std::shared_ptr<const Policy>& policy,
                                   const char* window) {
    return {*registry,
            {window, "app"},
            grants(policy, window),
            io.provider->getTimer(),
            journal,
            running};
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  SilentJournal journal;
  session::RunningCommands running{journal};
  const AppDefinition definition{
      "none", {}, [](const AppHost&) { return std::make_unique<NoApp>(); }};
  IdleModules modules{definition, {}};
  capabilities::Checked<commands::Registry> registry = modules.registry();
  capabilities::Checked<capabilities::Catalogue> catalogue = registry->catalogue();
};

TEST_CASE_FIXTURE(GrantsFixture,
                  "the modules are all there, each with a set that a page starts from") {
  for (const char* module : {"core",
                             "app",
                             "os",
                             "log",
                             "clipboard",
                             "window",
                             "path",
                             "fs",
                             "http",
                             "store",
                             "opener",
                             "process"}) {
    CHECK_MESSAGE(catalogue->hasModule(module), module);
    const bool hasSet =
        std::any_of(catalogue->permissions().begin(),
                    catalogue->permissions().end(),
                    [&](const auto& permission) {
                      return permission.first.starts_with(std::string(module) + ":") &&
                             !permission.second.description.empty();
                    });
    CHECK_MESSAGE(hasSet, module);
  }
}

TEST_CASE_FIXTURE(GrantsFixture,
                  "each command is denied, granted and revoked by its own name alone") {
  const auto nothing = policyOf("");
  for (const auto& command : catalogue->commands()) {
    if (capabilities::isEvent(command)) continue;
    CAPTURE(command.name);
    auto stranger = dispatcherOf(nothing, "main");
    CHECK(call(stranger, command.name) == "denied");

    const std::string permission =
        command.module + ":allow-" + capabilities::permissionName(command.name);
    const auto granted = policyOf(R"({"identifier":")" + permission + '"' + scopeOf(command) + '}');
    auto page = dispatcherOf(granted, "main");
    CHECK(call(page, command.name) == "invalid-argument");
    auto other = dispatcherOf(granted, "side");
    CHECK(call(other, command.name) == "denied");
    for (const auto& neighbour : catalogue->commands())
      if (neighbour.name != command.name && !capabilities::isEvent(neighbour))
        CHECK(call(page, neighbour.name) == "denied");

    auto revoked = capabilities::revoke(*granted, *catalogue, "main", permission);
    REQUIRE(revoked.has_value());
    const auto narrower = std::make_shared<const Policy>(std::move(revoked.value()));
    page.setGrants(grants(narrower, "main"));
    CHECK(call(page, command.name) == "denied");
  }
}

TEST_CASE_FIXTURE(GrantsFixture,
                  "each event is denied, granted and revoked by its own name alone") {
  session::EventHub hub(journal);
  const auto nothing = policyOf("");
  session::WindowEvents page(hub, {"main", "app", grants(nothing, "main")});
  session::WindowEvents other(hub, {"side", "app", grants(nothing, "side")});
  const auto ask = [&](session::WindowEvents& events, const std::string& name) {
    const auto refused = events.listen(*registry, {{name}, true, false});
    return refused.empty() ? "agreed" : std::string(commands::codeName(refused[0].code));
  };
  for (const auto& event : catalogue->commands()) {
    if (!capabilities::isEvent(event)) {
      CHECK(ask(page, event.name) == "unknown-event");
      continue;
    }
    CAPTURE(event.name);
    page.setGrants(grants(nothing, "main"));
    CHECK(ask(page, event.name) == "denied");
    const std::string permission =
        event.module + ":allow-" + capabilities::permissionName(event.name);
    const auto granted = policyOf('"' + permission + '"');
    page.setGrants(grants(granted, "main"));
    other.setGrants(grants(granted, "side"));
    CHECK(ask(page, event.name) == "agreed");
    CHECK(page.isHeard(*registry->findEvent(event.name)));
    CHECK(ask(other, event.name) == "denied");
    for (const auto& neighbour : catalogue->commands())
      if (neighbour.name != event.name && capabilities::isEvent(neighbour))
        CHECK(ask(page, neighbour.name) == "denied");
    CHECK(ask(page, event.name) == "agreed");
    auto revoked = capabilities::revoke(*granted, *catalogue, "main", permission);
    REQUIRE(revoked.has_value());
    const auto narrower = std::make_shared<const Policy>(std::move(revoked.value()));
    page.setGrants(grants(narrower, "main"));
    CHECK_FALSE(page.isHeard(*registry->findEvent(event.name)));
    CHECK(ask(page, event.name) == "denied");
  }
}

}  // namespace
}  // namespace sallyport::daemon
