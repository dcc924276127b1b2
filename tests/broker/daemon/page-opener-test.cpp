// The module `opener` over a desktop that the test plays: what may be opened, when, and how often.
#include "broker/daemon/page-opener.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/debug.h>

#include <memory>
#include <string>
#include <vector>

#include "capabilities/scope.h"

namespace sallyport::daemon {
namespace {

using opener::Opened;

struct OpenerFixture {
  kj::EventLoop loop;
  kj::WaitScope waitScope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  AppFile app{"notes", "Notes", {{"main", "Notes", 640, 480}}, "default-src 'none'"};
  bool gesture = true;
  bool full = false;
  unsigned asked = 0;  // for the gesture
  Opened outcome = Opened::DONE;
  std::vector<std::string> opened;
  PageOpener opener{{app,
                     timer,
                     [this](const std::string&) -> kj::Promise<commands::Result<bool>> {
                       ++asked;
                       return commands::Result<bool>(bool{gesture});
                     },
                     [this] { return full; },
                     [this](std::string link) -> kj::Promise<Opened> {
                       opened.push_back(std::move(link));
                       return Opened(outcome);
                     }}};
  std::vector<std::string> allow{"https://a.example", "mailto:*", "bitcoin:*", "lightning:*"};

  OpenerFixture() { app.opens = {"bitcoin"}; }

  std::string open(std::string_view text, const std::string& window = "main") {
    auto scope = std::make_shared<capabilities::Scope>();
    std::string problem;
    for (const auto& pattern : allow) {
      scope->allow.push_back({pattern, {}});
      REQUIRE(parseScopePattern(capabilities::ScopeKind::LINK,
                                capabilities::ScopeSide::ALLOW,
                                pattern,
                                scope->allow.back().pattern,
                                problem));
    }
    const commands::Caller caller{window, "app", scope};
    auto link = capabilities::parseLink(text, problem);
    REQUIRE_MESSAGE(link.has_value(), problem);
    const auto done = opener.openLink(caller, std::move(*link)).wait(waitScope);
    return done.has_error() ? std::string(commands::codeName(done.error().code)) : "ok";
  }
};

TEST_CASE_FIXTURE(OpenerFixture, "a link in scope is opened by the user's click, once each") {
  CHECK(open("https://a.example/x#y") == "ok");
  CHECK(open("mailto:a@b.example") == "ok");
  CHECK(open("bitcoin:x") == "ok");
  CHECK(opened ==
        std::vector<std::string>{"https://a.example/x#y", "mailto:a@b.example", "bitcoin:x"});
  CHECK(asked == 3);
}

TEST_CASE_FIXTURE(OpenerFixture, "what is out of scope, or no scheme of the app, takes no click") {
  CHECK(open("https://b.example/") == "denied");
  CHECK(open("lightning:x") == "denied");  // in the scope, but not in app.json
  allow = {};
  CHECK(open("https://a.example/") == "denied");
  CHECK(asked == 0);
  CHECK(opened.empty());
}

TEST_CASE_FIXTURE(OpenerFixture, "without a click or a key nothing is opened") {
  gesture = false;
  CHECK(open("https://a.example/") == "denied");
  CHECK(asked == 1);
  CHECK(opened.empty());
}

TEST_CASE_FIXTURE(OpenerFixture, "a window has ten tries a minute, refused ones too") {
  for (unsigned i = 0; i < PageOpener::LINKS_PER_MINUTE; ++i)
    CHECK(open(i % 2 == 0 ? "https://a.example/" : "https://b.example/") != "rate-limited");
  CHECK(open("https://a.example/") == "rate-limited");
  CHECK(open("https://a.example/", "side") == "ok");
  timer.advanceTo(timer.now() + 60 * kj::SECONDS);
  CHECK(open("https://a.example/") == "ok");
  full = true;
  CHECK(open("https://a.example/") == "rate-limited");
}

TEST_CASE_FIXTURE(OpenerFixture, "what the desktop says of it is told by a code of its own") {
  outcome = Opened::NO_PROGRAM;
  CHECK(open("https://a.example/") == "not-supported");
  outcome = Opened::FAILED;
  CHECK(open("https://a.example/") == "unavailable");
  outcome = Opened::REFUSED;  // a bug of ours: INTERNAL at the session's edge
  CHECK_THROWS(open("https://a.example/"));
}

}  // namespace
}  // namespace sallyport::daemon
