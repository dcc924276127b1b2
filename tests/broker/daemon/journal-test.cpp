#include "broker/daemon/journal.h"

#include <doctest/doctest.h>

#include <csignal>

#include "broker/daemon/daemon-journal.h"
#include "broker/daemon/restart-budget.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

struct JournalFixture {
  JournalPipe pipe;
  Journal journal{pipe.fd()};

  // What is written behind "source: " for this text.
  std::string written(std::string_view text) {
    journal.write(Level::INFO, "source", text);
    const auto& all = pipe.text();
    const auto start = all.rfind(" info source: ") + 14;
    return all.substr(start, all.size() - start - 1);
  }
};

TEST_CASE_FIXTURE(JournalFixture, "a line has its time, its level, its source and its text") {
  journal.write(Level::WARNING, "window main", "attached");
  const auto& line = pipe.text();
  CHECK(line.size() == std::string("2026-01-01T00:00:00Z warning window main: attached\n").size());
  CHECK(line[10] == 'T');
  CHECK(line.substr(19) == "Z warning window main: attached\n");
}

TEST_CASE_FIXTURE(JournalFixture, "no text can start another line or drive a terminal") {
  CHECK(written("a\nb\rc") == "a\\x0ab\\x0dc");
  CHECK(written(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(written("\x1b[2J\x7f\b\t") == "\\x1b[2J\\x7f\\x08\\x09");
  CHECK(written("\x9b"
                "2J") == "\\x9b2J");  // CSI as one byte
  CHECK(written("\xc2\x9d"
                "0;x\xc2\x9c") == "\\xc2\\x9d0;x\\xc2\\x9c");  // OSC as UTF-8
  CHECK(written("\xe2\x80\xae") == "\\xe2\\x80\\xae");         // text that runs backwards
  for (int byte = 0; byte < 256; ++byte)
    for (const char c : written(std::string(1, static_cast<char>(byte))))
      CHECK((c >= 0x20 && c < 0x7f));
}

TEST_CASE_FIXTURE(JournalFixture, "a source is escaped as its text is") {
  journal.write(Level::INFO, "renderer\n2026 error broker", "x");
  CHECK(pipe.count("\n") == 1);
}

TEST_CASE_FIXTURE(JournalFixture, "a long text is cut, and a line always fits into one write") {
  CHECK(written(std::string(2048, 'x')) == std::string(2048, 'x'));
  CHECK(written(std::string(2049, 'x')) == std::string(2048, 'x') + " ...");
  journal.write(Level::INFO, std::string(5'000, '\n'), std::string(5'000, '\n'));
  const auto& all = pipe.text();
  const auto last = all.rfind('\n', all.size() - 2) + 1;
  CHECK(all.size() - last <= 4096);
}

TEST_CASE_FIXTURE(JournalFixture, "a full pipe loses lines, and the broker goes on") {
  for (int i = 0; i < 3'000; ++i) journal.write(Level::INFO, "x", std::string(1'000, 'y'));
  CHECK(pipe.text().size() >= 16'384);
  CHECK(written("after") == "after");
}

TEST_CASE_FIXTURE(JournalFixture, "a reader that went away does not end the broker") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  Journal(ends[1]).write(Level::INFO, "x", "y");
  close(ends[1]);
}

// --- what a window can cause ---------------------------------------------------------------------

struct DaemonJournalFixture : JournalFixture {
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  DaemonJournal daemon{journal, timer};
};

TEST_CASE_FIXTURE(DaemonJournalFixture,
                  "a window's refusals have a budget, and the rest is counted") {
  for (int i = 0; i < 100; ++i) daemon.refused("main", "cmd_x", commands::Code::DENIED);
  CHECK(pipe.count("refused cmd_x: denied") == 30);
  daemon.refused("other", "", commands::Code::UNKNOWN_COMMAND);  // has a budget of its own
  CHECK(pipe.has("window other: refused an unknown command: unknown-command"));
  timer.advanceTo(timer.now() + 61 * kj::SECONDS);
  daemon.refused("main", "cmd_x", commands::Code::DENIED);
  CHECK(pipe.has("window main: 70 more calls were refused"));
  CHECK(pipe.count("refused cmd_x: denied") == 31);
}

TEST_CASE_FIXTURE(DaemonJournalFixture, "a breach is a warning, an ordinary end is not") {
  daemon.ended("main", session::EndReason::FORBIDDEN_TAG);
  CHECK(pipe.has("warning window main: session ended: forbidden-tag"));
  daemon.ended("main", session::EndReason::PEER_CLOSED);
  CHECK(pipe.has("info window main: session ended: peer-closed"));
}

TEST_CASE_FIXTURE(DaemonJournalFixture, "a page's lines are marked as a page's") {
  daemon.pageLine("main", session::PageLevel::ERROR, "broker: shutdown");
  CHECK(pipe.has("error page main: broker: shutdown"));
  daemon.attached("main", "Chrome/102");
  CHECK(daemon.engineOf("main") == "Chrome/102");
  CHECK(daemon.engineOf("other").empty());
}

// --- restarts ------------------------------------------------------------------------------------

TEST_CASE("a crashed process comes back at once, then after 0.5, 1, 2, 4 seconds") {
  RestartBudget budget;
  const auto now = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;
  CHECK(budget.crashed(now) == 0 * kj::SECONDS);
  CHECK(budget.crashed(now) == 500 * kj::MILLISECONDS);
  CHECK(budget.crashed(now) == 1 * kj::SECONDS);
  CHECK(budget.crashed(now) == 2 * kj::SECONDS);
  CHECK_FALSE(budget.usedUp());
  CHECK(budget.crashed(now) == 4 * kj::SECONDS);
  CHECK(budget.usedUp());
}

TEST_CASE("the wait has an end") {
  RestartBudget budget;
  const auto now = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;
  for (int i = 0; i < 200; ++i) CHECK(budget.crashed(now) <= RestartBudget::LONGEST);
  CHECK(budget.crashed(now) == RestartBudget::LONGEST);
}

TEST_CASE("a quiet minute is forgiven, and so is a wish of the user") {
  RestartBudget budget;
  auto now = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;
  for (int i = 0; i < 20; ++i) {
    budget.crashed(now);
    now += 16 * kj::SECONDS;  // never five in a minute
    CHECK_FALSE(budget.usedUp());
  }
  now += 61 * kj::SECONDS;
  CHECK(budget.crashed(now) == 0 * kj::SECONDS);
  for (int i = 0; i < 5; ++i) budget.crashed(now);
  budget.forget();
  CHECK_FALSE(budget.usedUp());
  CHECK(budget.crashed(now) == 0 * kj::SECONDS);
}

}  // namespace
}  // namespace sallyport::daemon
