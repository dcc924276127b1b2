// Who sees whom, without any process.
#include "broker/daemon/page-windows.h"

#include <doctest/doctest.h>
#include <kj/async.h>

namespace sallyport::daemon {
namespace {

using commands::Code;

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  std::vector<WindowSpec> declared{
      {"main", "Main", 640, 480},
      {"settings", "Settings", 640, 480, WindowSpec::Open::DEMAND, "main"},
      {"detail", "Detail", 640, 480, WindowSpec::Open::DEMAND, "settings"},
      {"other", "Other", 640, 480}};
  std::vector<std::string> opened;
  bool fails = false;
  OpenWindows all{{declared,
                   [](const std::string&) { return nullptr; },
                   [this](const WindowSpec& spec) -> kj::Promise<void> {
                     opened.push_back(spec.label);
                     if (fails) return KJ_EXCEPTION(FAILED, "no process today");
                     return kj::READY_NOW;
                   }}};
  PageWindows windows{all};

  std::string seenBy(const std::string& label) {
    std::string all;
    for (const auto& info : windows.list({label, "app"}).value()) all += info.label + " ";
    return all;
  }
  std::string create(const std::string& caller, const std::string& label) {
    const auto answer = windows.create({caller, "app"}, label).wait(scope);
    return answer.has_error() ? std::string(commands::codeName(answer.error().code)) : "done";
  }
};

TEST_CASE_FIXTURE(Fixture, "a window sees itself, its parent and its children, and no other") {
  CHECK(seenBy("main") == "main settings ");
  CHECK(seenBy("settings") == "main settings detail ");
  CHECK(seenBy("detail") == "settings detail ");
  CHECK(seenBy("other") == "other ");
}

TEST_CASE_FIXTURE(Fixture, "what is not seen is answered like what does not exist") {
  for (const char* label : {"other", "detail", "nobody", "", "main/../other"}) {
    CAPTURE(label);
    const commands::Caller caller{"main", "app"};
    const auto got = windows.get(caller, label);
    const auto none = windows.get(caller, "nobody");
    CHECK(got.error().code == Code::NOT_FOUND);
    CHECK(got.error().message == none.error().message);
    CHECK(windows.focus(caller, label).error().message == none.error().message);
    CHECK(windows.close(caller, label).error().message == none.error().message);
    CHECK(create("main", label) == "not-found");
  }
  CHECK(opened.empty());
}

TEST_CASE_FIXTURE(Fixture, "only its parent opens a window") {
  CHECK(create("main", "settings") == "done");
  CHECK(create("settings", "main") == "not-found");
  CHECK(create("main", "main") == "not-found");
  CHECK(create("settings", "detail") == "done");
  CHECK(opened == std::vector<std::string>{"settings", "detail"});
  fails = true;
  CHECK(create("main", "settings") == "unavailable");
}

}  // namespace
}  // namespace sallyport::daemon
