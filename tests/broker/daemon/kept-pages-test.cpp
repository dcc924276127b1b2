// What of the windows outlives the broker, in the files of one and read by the next.
#include "broker/daemon/kept-pages.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <sys/stat.h>

#include "broker/daemon/page-states.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;
using commands::core::MAX_PAGE_STATE_BYTES;
using Pages = std::map<std::string, std::string>;

struct KeptFixture : TestFolder {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  fs::path folder = path() / "pages";
  const std::vector<std::string> labels{"main", "side"};

  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    scope.poll();
  }
  Pages left() { return KeptPages(folder, timer, journal).read(labels); }
  std::string text(const char* label) const {
    std::ifstream in(folder / label, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

commands::Caller caller(const char* window, const char* origin) {
  commands::Caller who;
  who.window = window;
  who.origin = origin;
  return who;
}

}  // namespace

TEST_CASE_FIXTURE(KeptFixture,
                  "what a page kept is there for the next broker, in files of the user's own") {
  {
    KeptPages kept(folder, timer, journal);
    kept.put("main", "{\"step\":3, \"\u20bf\":\"\x01\"}");
    kept.put("side", "");
    CHECK(left().empty());
    kept.writeNow();
  }
  CHECK(left() == Pages{{"main", "{\"step\":3, \"\u20bf\":\"\x01\"}"}, {"side", ""}});
  struct stat facts {};
  REQUIRE(stat((folder / "main").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  REQUIRE(stat(folder.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0700);
  CHECK(pipe.text().empty());
}

TEST_CASE_FIXTURE(KeptFixture, "a page that saves without pause is written once a second") {
  KeptPages kept(folder, timer, journal);
  for (int step = 0; step < 1000; ++step) {
    kept.put("main", std::to_string(step));
    pass(999 * kj::MICROSECONDS);
  }
  CHECK_FALSE(fs::exists(folder / "main"));
  pass(1 * kj::MILLISECONDS);
  CHECK(text("main") == "999");
  fs::remove(folder / "main");
  pass(5 * kj::SECONDS);
  CHECK_FALSE(fs::exists(folder / "main"));
  kept.put("main", "again");
  pass(KeptPages::WRITE_DELAY);
  CHECK(text("main") == "again");
}

TEST_CASE_FIXTURE(KeptFixture, "a window that was closed is gone at once, and nothing follows") {
  KeptPages kept(folder, timer, journal);
  kept.put("main", "1");
  kept.put("side", "2");
  kept.writeNow();
  kept.put("main", "3");
  kept.drop("main");
  CHECK(left() == Pages{{"side", "2"}});
  pass(5 * kj::SECONDS);
  CHECK(left() == Pages{{"side", "2"}});
}

TEST_CASE_FIXTURE(KeptFixture,
                  "a file that no page can have caused is noted, and the other holds") {
  write("elsewhere", "of another");
  const std::string bad[] = {std::string(MAX_PAGE_STATE_BYTES + 1, 'x'),
                             std::string("a\0b", 3),
                             "\xc0\xaf",
                             "link",
                             "folder"};
  for (const auto& content : bad) {
    CAPTURE(content.substr(0, 20));
    fs::remove_all(folder);
    KeptPages kept(folder, timer, journal);
    write("pages/side", "holds");
    if (content == "link")
      fs::create_symlink(path() / "elsewhere", folder / "main");
    else if (content == "folder")
      fs::create_directories(folder / "main");
    else
      write("pages/main", content);
    const auto before = pipe.count("is no page's state");
    CHECK(left() == Pages{{"side", "holds"}});
    CHECK(pipe.count("is no page's state") == before + 1);
    if (content == "folder") continue;
    kept.put("main", "fresh");
    kept.writeNow();
    CHECK(left() == Pages{{"main", "fresh"}, {"side", "holds"}});
  }
  CHECK_FALSE(pipe.has("cannot be written"));
}

TEST_CASE_FIXTURE(KeptFixture,
                  "the largest state fits; windows that the app has not are not read") {
  KeptPages kept(folder, timer, journal);
  kept.put("main", std::string(MAX_PAGE_STATE_BYTES, 'x'));
  kept.put("gone", "of an older version of the app");
  kept.writeNow();
  CHECK(left() == Pages{{"main", std::string(MAX_PAGE_STATE_BYTES, 'x')}});
}

TEST_CASE_FIXTURE(KeptFixture,
                  "what a killed broker was writing is no window and in nobody's way") {
  KeptPages kept(folder, timer, journal);
  write("pages/main.new", "half");
  CHECK(left().empty());
  kept.put("main", "whole");
  kept.writeNow();
  CHECK(left() == Pages{{"main", "whole"}});
  CHECK_FALSE(fs::exists(folder / "main.new"));
}

TEST_CASE_FIXTURE(KeptFixture, "where the folder cannot be, that is noted and the app goes on") {
  write("pages", "a file");
  KeptPages kept(folder, timer, journal);
  CHECK(pipe.count("windows do not come back") == 1);
  kept.put("main", "1");
  kept.writeNow();
  kept.drop("main");
  CHECK(kept.read(labels).empty());
  CHECK(pipe.count("pages") == 1);
}

TEST_CASE_FIXTURE(KeptFixture, "a folder that others can read is not used") {
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms(0755));
  KeptPages kept(folder, timer, journal);
  kept.put("main", "1");
  kept.writeNow();
  CHECK(pipe.has("others have access"));
  CHECK_FALSE(fs::exists(folder / "main"));
}

TEST_CASE_FIXTURE(
    KeptFixture,
    "a state goes back to the app's page of its window; a remote page leaves nothing") {
  {
    KeptPages kept(folder, timer, journal);
    PageStates states(kept, labels);
    CHECK_FALSE(states.wasOpen("main"));
    states.opened("main");
    states.opened("side");
    states.save(caller("main", "app"), "of the app");
    states.save(caller("main", "docs"), "of a remote page");
    states.save(caller("side", "docs"), "of another");
    CHECK(states.find("main", "docs") == "of a remote page");
    kept.writeNow();
  }
  CHECK(left() == Pages{{"main", "of the app"}, {"side", ""}});
  KeptPages kept(folder, timer, journal);
  PageStates states(kept, labels);
  CHECK(states.wasOpen("main"));
  CHECK(states.wasOpen("side"));
  CHECK(states.find("main", "app") == "of the app");
  CHECK(states.find("main", "docs").empty());
  CHECK(states.find("side", "app").empty());
  // Opened again, and killed again before its page said anything.
  states.opened("main");
  kept.writeNow();
  CHECK(left() == Pages{{"main", "of the app"}, {"side", ""}});
  states.forget("main");
  states.forget("side");
  CHECK(left().empty());
}

}  // namespace sallyport::daemon
