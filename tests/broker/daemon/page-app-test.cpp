#include "broker/daemon/page-app.h"

#include <doctest/doctest.h>

#include "broker/daemon/page-process.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

using commands::log::LogLevel;

TEST_CASE("the app is what app.json says, and its end names the window that asked") {
  AppFile file{"notes", "Notes", {{"main", "Notes", 640, 480}}, "default-src 'none'"};
  std::string asked;
  PageApp app(file, [&](std::string why) { asked = std::move(why); });
  CHECK(app.info().identifier == "notes");
  CHECK(app.info().title == "Notes");
  CHECK_FALSE(app.info().version.has_value());
  CHECK_FALSE(app.info().sallyport.empty());
  file.version = "1.2";
  CHECK(app.info().version == "1.2");
  app.exit({"main", "app"});
  CHECK(asked == "window main asked for it");
}

TEST_CASE("the app starts again by the user's click or key alone") {
  kj::EventLoop loop;
  kj::WaitScope waitScope(loop);
  bool gesture = false;
  std::string asked, whose;
  PageProcess process({[&](const std::string& label) -> kj::Promise<commands::Result<bool>> {
                         whose = label;
                         return commands::Result<bool>(bool{gesture});
                       },
                       [&](std::string why) { asked = std::move(why); }});
  const auto refused = process.relaunch({"side", "app"}).wait(waitScope);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == commands::Code::DENIED);
  CHECK(asked.empty());
  CHECK(whose == "side");
  gesture = true;
  CHECK(process.relaunch({"main", "app"}).wait(waitScope).has_value());
  CHECK(asked == "window main asked for it, and to start again");
}

TEST_CASE("a page's lines are escaped, marked with the window, and bounded by the minute") {
  JournalPipe pipe;
  Journal journal(pipe.fd());
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  PageLog log(journal, timer);
  CHECK(log.write({"main", "app"}, LogLevel::ERROR, "one\nerror broker: forged").has_value());
  CHECK(pipe.count("\n") == 1);
  CHECK(pipe.has("error page main: one"));
  for (unsigned line = 1; line < PageLog::LINES_PER_MINUTE; ++line) {
    CHECK(log.write({"main", "app"}, LogLevel::INFO, "more").has_value());
    pipe.text();
  }
  const auto over = log.write({"main", "app"}, LogLevel::INFO, "too much");
  REQUIRE(over.has_error());
  CHECK(over.error().code == commands::Code::RATE_LIMITED);
  CHECK(log.write({"side", "app"}, LogLevel::INFO, "another's").has_value());
  timer.advanceTo(timer.now() + 60 * kj::SECONDS);
  CHECK(log.write({"main", "app"}, LogLevel::INFO, "again").has_value());
  CHECK(pipe.has("info page side: another's"));
  CHECK(pipe.has("info page main: again"));
  CHECK_FALSE(pipe.has("too much"));
}

TEST_CASE("this machine is told by its kind alone") {
  const auto info = systemInfo();
  CHECK(info.platform == "linux");
  CHECK(info.arch == commands::os::architecture());
  CHECK(info.locale.size() <= 6);
}

}  // namespace
}  // namespace sallyport::daemon
