// The module `opener`: only what is a link reaches the host. What is in scope is
// tests/broker/daemon.
#include <doctest/doctest.h>

#include "broker/commands/modules/opener/opener-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;

class OpenerFake final : public opener::Host {
 public:
  kj::Promise<Result<Null>> openLink(const Caller&, sallyport::capabilities::Link link) override {
    seen = link.text;
    return Result<Null>(Null{});
  }
  std::string seen;
};

TEST_CASE("a link reaches the host in its one spelling, and nothing else reaches it") {
  OpenerFake host;
  const Registry registry = test::registryOf(opener::makeModule(host));
  CHECK(call(registry, "cmd_open_url", R"({"url":"HTTPS://A.example/%7ex#y"})") == "null");
  CHECK(host.seen == "https://a.example/~x#y");
  host.seen.clear();
  for (const char* wrong : {R"({})",
                            R"({"url":1})",
                            R"({"url":""})",
                            R"({"url":"https://a.example/","args":["-x"]})",
                            R"({"url":"file:///etc/passwd"})",
                            R"({"url":"/etc/passwd"})",
                            R"js({"url":"javascript:alert(1)"})js",
                            R"({"url":"-x"})",
                            R"({"url":"mailto:a@b.example?attach=/etc/passwd"})"})
    CHECK_MESSAGE(call(registry, "cmd_open_url", wrong).find("invalid-argument: ") == 0, wrong);
  CHECK(call(registry,
             "cmd_open_url",
             R"({"url":"https://a.example/)" + std::string(4'096, 'x') + "\"}") ==
        "invalid-argument: url: the link is longer than 4096 bytes");
  CHECK(host.seen.empty());
  CHECK(test::allowed(registry, "opener:default") == std::vector<std::string>{"cmd_open_url"});
}

}  // namespace
