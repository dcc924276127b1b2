// The modules `app`, `os` and `log`.
#include <doctest/doctest.h>

#include "broker/commands/modules/app/app-module.h"
#include "broker/commands/modules/log/log-module.h"
#include "broker/commands/modules/os/os-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;
using Names = std::vector<std::string>;

class AppFake final : public app::Host {
 public:
  app::AppInfo info() const override { return {"notes", "Notes", "1.2", "9.9"}; }
  void exit(const Caller& caller) override { asked = caller.window; }
  std::string asked;
};

class LogFake final : public log::Host {
 public:
  Result<Null> write(const Caller& caller,
                     log::LogLevel level,
                     const std::string& message) override {
    line = caller.window + " " + std::to_string(static_cast<int>(level)) + " " + message;
    return Null{};
  }
  std::string line;
};

TEST_CASE("an app is told what it is called, and ends when it may and asks") {
  AppFake host;
  const Registry registry = test::registryOf(app::makeModule(host));
  CHECK(call(registry, "cmd_get_app_info") ==
        R"({"identifier":"notes","title":"Notes","version":"1.2","sallyport":"9.9"})");
  CHECK(call(registry, "cmd_exit_app", R"({"code":1})").find("invalid-argument: code:") == 0);
  CHECK(host.asked.empty());
  CHECK(call(registry, "cmd_exit_app", "{}", {"side", "app"}) == "null");
  CHECK(host.asked == "side");
  CHECK(test::allowed(registry, "app:default") == Names{"cmd_get_app_info"});
}

TEST_CASE("a page is told platform, architecture and language, and nothing else") {
  const Registry registry = test::registryOf(os::makeModule({"linux", "x86_64", "de-AT"}));
  CHECK(call(registry, "cmd_get_system_info") ==
        R"({"platform":"linux","arch":"x86_64","locale":"de-AT"})");
  CHECK(call(registry, "cmd_get_system_info", R"({"all":true})").find("invalid-argument") == 0);
  CHECK(test::allowed(registry, "os:default") == Names{"cmd_get_system_info"});
}

TEST_CASE("of the environment's text only a language and a region get through") {
  CHECK(os::localeFrom("de_AT.UTF-8@euro") == "de-AT");
  CHECK(os::localeFrom("gsw_CH") == "gsw-CH");
  CHECK(os::localeFrom("fr@euro") == "fr");
  CHECK(os::localeFrom("fr_fr.UTF-8") == "fr");
  CHECK(os::localeFrom("en_USA") == "en");
  for (const char* other :
       {"", "C", "C.UTF-8", "POSIX", "/home/anna", "Deutsch", "de-AT-anna", "anna_AT", "d"})
    CHECK(os::localeFrom(other) == "en");
}

TEST_CASE("a line goes to the journal with its window and level, within its bound") {
  LogFake host;
  const Registry registry = test::registryOf(log::makeModule(host));
  CHECK(call(registry, "cmd_write_log", R"({"level":"warning","message":"hm"})") == "null");
  CHECK(host.line == "main 2 hm");
  const std::string most(log::MAX_LINE_BYTES, 'x');
  CHECK(call(registry, "cmd_write_log", R"({"level":"info","message":")" + most + "\"}") == "null");
  host.line.clear();
  CHECK(call(registry, "cmd_write_log", R"({"level":"info","message":")" + most + "x\"}") ==
        "too-large: message: more than 1024 bytes");
  for (const char* wrong : {R"({"message":"a"})",
                            R"({"level":"fatal","message":"a"})",
                            R"({"level":"info"})",
                            R"({"level":"info","message":["a"]})"})
    CHECK(call(registry, "cmd_write_log", wrong).find("invalid-argument") == 0);
  CHECK(host.line.empty());
  CHECK(test::allowed(registry, "log:default") == Names{"cmd_write_log"});
}

}  // namespace
