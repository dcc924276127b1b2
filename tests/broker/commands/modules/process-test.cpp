// The module `process`: one command without arguments.
#include <doctest/doctest.h>

#include "broker/commands/modules/process/process-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;

class ProcessFake final : public process::Host {
 public:
  kj::Promise<Result<Null>> relaunch(const Caller& caller) override {
    seen = caller.window;
    return Result<Null>(Null{});
  }
  std::string seen;
};

TEST_CASE("an app is started again by its own command line, which no page has a word in") {
  ProcessFake host;
  const Registry registry = test::registryOf(process::makeModule(host));
  CHECK(call(registry, "cmd_relaunch_app", R"({"arguments":["--headless"]})")
            .find("invalid-argument") == 0);
  CHECK(host.seen.empty());
  CHECK(call(registry, "cmd_relaunch_app") == "null");
  CHECK(host.seen == "main");
  CHECK(test::allowed(registry, "process:default") == std::vector<std::string>{"cmd_relaunch_app"});
}

}  // namespace
