// The module `window` over a host that only notes what it is asked.
#include <doctest/doctest.h>

#include "broker/commands/modules/window/window-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;

class HostFake final : public window::Host {
 public:
  Result<std::vector<window::WindowInfo>> list(const Caller& caller) override {
    asked = "list " + caller.window;
    return std::vector{info(caller.window), window::WindowInfo{"settings", "Settings"}};
  }
  Result<window::WindowInfo> get(const Caller&, const std::string& label) override {
    if (label == "other") return Error{Code::NOT_FOUND, "There is no such window."};
    return info(label);
  }
  kj::Promise<Result<Null>> create(const Caller& caller, const std::string& label) override {
    return note("create " + caller.window + " " + label);
  }
  Result<Null> focus(const Caller&, const std::string& label) override {
    return note("focus " + label);
  }
  Result<Null> close(const Caller&, const std::string& label) override {
    return note("close " + label);
  }
  Result<Null> keepOpen(const Caller& caller) override { return note("keep " + caller.window); }
  Result<Null> setTitle(const Caller& caller, std::string title) override {
    return note("title " + caller.window + " " + title);
  }
  kj::Promise<Result<Null>> setBounds(const Caller& caller,
                                      window::SetWindowBounds bounds) override {
    return note("bounds " + caller.window + " " + std::to_string(bounds.width.value_or(0)) + " " +
                std::to_string(bounds.x.value_or(0)));
  }
  kj::Promise<Result<Null>> setState(const Caller& caller, window::WindowState state) override {
    return note("state " + caller.window + " " + std::to_string(static_cast<int>(state)));
  }
  std::string asked;

 private:
  Result<Null> note(std::string what) {
    asked = std::move(what);
    return Null{};
  }
  static window::WindowInfo info(const std::string& label) {
    return {label, "Notes", {}, true, true, true, window::WindowState::NORMAL, 640, 480, {}, {}};
  }
};

struct Fixture {
  HostFake host;
  window::Events events;
  Registry registry = test::registryOf(window::makeModule(host, events));
};

TEST_CASE_FIXTURE(Fixture,
                  "a window is told of itself and of what it sees, and closed ones are bare") {
  CHECK(
      call(registry, "cmd_get_window") ==
      R"({"label":"main","title":"Notes","open":true,"ready":true,"focused":true,"state":"normal","width":640,"height":480})");
  CHECK(
      call(registry, "cmd_list_windows")
          .find(
              R"({"label":"settings","title":"Settings","open":false,"ready":false,"focused":false}])") !=
      std::string::npos);
  CHECK(host.asked == "list main");
  CHECK(call(registry, "cmd_get_window", R"({"label":"other"})") ==
        "not-found: There is no such window.");
}

TEST_CASE_FIXTURE(Fixture, "without a label a command is for the caller's own window") {
  CHECK(call(registry, "cmd_focus_window", "{}", {"a", "app"}) == "null");
  CHECK(host.asked == "focus a");
  CHECK(call(registry, "cmd_keep_window_open", "{}", {"a", "app"}) == "null");
  CHECK(host.asked == "keep a");
  CHECK(call(registry, "cmd_close_window", R"({"label":"b"})", {"a", "app"}) == "null");
  CHECK(host.asked == "close b");
  CHECK(call(registry, "cmd_create_window", R"({"label":"b"})", {"a", "app"}) == "null");
  CHECK(host.asked == "create a b");
  CHECK(call(registry, "cmd_set_title", R"({"title":"T"})", {"a", "app"}) == "null");
  CHECK(host.asked == "title a T");
  CHECK(call(registry, "cmd_set_window_bounds", R"({"width":300,"x":-5,"y":5})") == "null");
  CHECK(host.asked == "bounds main 300 -5");
  CHECK(call(registry, "cmd_set_window_state", R"({"state":"fullscreen"})") == "null");
  CHECK(host.asked == "state main 3");
}

TEST_CASE_FIXTURE(Fixture, "malformed arguments and those out of bounds reach nobody") {
  const auto refused = [&](const char* command, const char* arguments, const char* why) {
    CAPTURE(command);
    CAPTURE(arguments);
    CHECK(call(registry, command, arguments).find(why) == 0);
  };
  refused("cmd_create_window", "{}", "invalid-argument: label:");
  refused("cmd_create_window", R"({"label":"b","url":"https://b"})", "invalid-argument: url:");
  refused("cmd_set_title", R"({"title":1})", "invalid-argument: title:");
  refused("cmd_set_window_state", R"({"state":"hidden"})", "invalid-argument: state:");
  refused("cmd_set_window_bounds", R"({"width":199})", "invalid-argument: width: expected 200");
  refused("cmd_set_window_bounds", R"({"height":8193})", "invalid-argument: height: expected 200");
  refused("cmd_set_window_bounds", R"({"x":32768,"y":0})", "invalid-argument: x: expected");
  refused("cmd_set_window_bounds", R"({"x":0,"y":-32768})", "invalid-argument: y: expected");
  refused("cmd_set_window_bounds", R"({"x":0})", "invalid-argument: x, y: expected both");
  const std::string most(window::MAX_TITLE_BYTES, 'x');
  refused("cmd_set_title", (R"({"title":")" + most + "x\"}").c_str(), "too-large: title:");
  CHECK(host.asked.empty());
  CHECK(call(registry, "cmd_set_title", R"({"title":")" + most + "\"}") == "null");
}

TEST_CASE_FIXTURE(Fixture, "the default set opens and moves nothing") {
  CHECK(test::allowed(registry, "window:default") ==
        std::vector<std::string>{"cmd_list_windows",
                                 "cmd_get_window",
                                 "cmd_set_title",
                                 "cmd_focus_window",
                                 "cmd_close_window",
                                 "evt_window_resized",
                                 "evt_window_moved",
                                 "evt_window_focused",
                                 "evt_window_state_changed",
                                 "evt_window_opened",
                                 "evt_window_ready",
                                 "evt_window_closed"});
  CHECK(test::allowed(registry, "window:guard-close") ==
        std::vector<std::string>{"evt_window_close_requested", "cmd_keep_window_open"});
  CHECK(test::allowed(registry, "window:arrange") ==
        std::vector<std::string>{
            "cmd_create_window", "cmd_set_window_bounds", "cmd_set_window_state"});
}

}  // namespace
