// The module `clipboard` over a clipboard of its own.
#include <doctest/doctest.h>

#include "broker/commands/modules/clipboard/clipboard-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;

class HostFake final : public clipboard::Host {
 public:
  kj::Promise<Result<Null>> writeClipboard(const Caller& caller,
                                           clipboard::WriteText arguments) override {
    if (refuses) return Result<Null>(Error{Code::DENIED, "No click."});
    window = caller.window;
    text = std::move(arguments.text);
    seconds = arguments.clearAfterSeconds;
    return Result<Null>(Null{});
  }
  kj::Promise<Result<std::string>> readClipboard(const Caller&) override {
    if (refuses) return Result<std::string>(Error{Code::DENIED, "No click."});
    return Result<std::string>(text);
  }
  std::string window, text = "untouched";
  std::optional<std::int32_t> seconds;
  bool refuses = false;
};

struct Fixture {
  HostFake host;
  Registry registry = test::registryOf(clipboard::makeModule(host));
};

TEST_CASE_FIXTURE(Fixture, "a text goes to the clipboard of the calling window, and comes back") {
  CHECK(call(registry, "cmd_write_text", R"({"text":"bc1q…"})", {"settings", "app"}) == "null");
  CHECK(host.window == "settings");
  CHECK(host.text == "bc1q…");
  CHECK_FALSE(host.seconds.has_value());
  CHECK(call(registry, "cmd_read_text") == "\"bc1q…\"");
  CHECK(call(registry, "cmd_write_text", R"({"text":"","clearAfterSeconds":30})") == "null");
  CHECK(host.text.empty());
  CHECK(host.seconds == 30);
}

TEST_CASE_FIXTURE(Fixture, "malformed arguments never reach the clipboard") {
  CHECK(call(registry, "cmd_write_text").find("invalid-argument: text:") == 0);
  CHECK(call(registry, "cmd_write_text", R"({"text":1})").find("invalid-argument: text:") == 0);
  CHECK(call(registry, "cmd_write_text", R"({"text":"a","html":"b"})")
            .find("invalid-argument: html:") == 0);
  for (const char* seconds : {"0", "-1", "3601", "1.5", "\"1\""}) {
    CAPTURE(seconds);
    CHECK(call(registry,
               "cmd_write_text",
               std::string(R"({"text":"a","clearAfterSeconds":)") + seconds + "}")
              .find("invalid-argument: clearAfterSeconds:") == 0);
  }
  CHECK(call(registry, "cmd_read_text", R"({"format":"html"})").find("invalid-argument") == 0);
  CHECK(host.text == "untouched");
}

TEST_CASE_FIXTURE(Fixture, "64 KiB are taken, one byte more is too large") {
  const std::string most(clipboard::MAX_TEXT_BYTES, 'x');
  CHECK(call(registry, "cmd_write_text", R"({"text":")" + most + "\"}") == "null");
  CHECK(host.text == most);
  CHECK(call(registry, "cmd_write_text", R"({"text":")" + most + "x\"}") ==
        "too-large: text: more than 65536 bytes");
  CHECK(host.text == most);
}

TEST_CASE_FIXTURE(Fixture, "what the frame refuses is refused to the page") {
  host.refuses = true;
  CHECK(call(registry, "cmd_write_text", R"({"text":"a"})") == "denied: No click.");
  CHECK(call(registry, "cmd_read_text") == "denied: No click.");
}

TEST_CASE_FIXTURE(Fixture, "the default set copies and does not read") {
  CHECK(test::allowed(registry, "clipboard:default") == std::vector<std::string>{"cmd_write_text"});
}

}  // namespace
