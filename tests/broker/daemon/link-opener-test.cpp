// The broker's side of an opener that the test plays: what is said, what an answer may be, and that
// a process which has a link is nobody's to end.
#include "broker/daemon/link-opener.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/broker/daemon/spawner-fake.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

using opener::Opened;

struct LinkOpenerFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  SpawnerFake spawner;
  Surroundings around{spawner, io.unixEventPort, *io.lowLevelProvider, timer, journal};
  LinkOpener opener{around};

  void settle() {
    for (int i = 0; i < 10; ++i) {
      timer.advanceTo(timer.now());
      io.unixEventPort.poll();
      io.waitScope.poll();
    }
  }
  // What the opener did not read yet.
  std::string heard() {
    char buffer[64];
    const ssize_t size =
        recv(spawner.children.back()->fds[0].get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
  }
  void say(char byte) {
    REQUIRE(::write(spawner.children.back()->fds[0].get(), &byte, 1) == 1);
    settle();
  }
};

TEST_CASE_FIXTURE(LinkOpenerFixture, "an opener is told one link, whole, and its answer is taken") {
  auto opened = opener.open("https://a.example/");
  settle();
  REQUIRE(spawner.children.size() == 1);
  CHECK(spawner.children[0]->kind == spawn::ProcessKind::OPENER);
  CHECK(spawner.children[0]->fds.size() == 1);
  CHECK(heard() == std::string("\x12\0", 2) + "https://a.example/");
  CHECK_FALSE(opened.poll(io.waitScope));
  say(static_cast<char>(Opened::FAILED));
  REQUIRE(opened.poll(io.waitScope));
  CHECK(opened.wait(io.waitScope) == Opened::FAILED);
}

TEST_CASE_FIXTURE(LinkOpenerFixture, "no answer, a wrong one and a late one are failures") {
  auto opened = opener.open("https://a.example/");
  settle();
  SUBCASE("none") { spawner.children[0]->fds.clear(); }
  SUBCASE("zero") { say(0); }
  SUBCASE("unknown") { say(5); }
  SUBCASE("late") {
    timer.advanceTo(timer.now() + LinkOpener::PATIENCE - 1 * kj::MILLISECONDS);
    settle();
    CHECK_FALSE(opened.poll(io.waitScope));
    timer.advanceTo(timer.now() + 1 * kj::MILLISECONDS);
  }
  settle();
  CHECK_THROWS(opened.wait(io.waitScope));
}

TEST_CASE_FIXTURE(LinkOpenerFixture, "a call that is dropped ends no process that has its link") {
  {
    auto dropped = opener.open("https://a.example/");
    settle();
  }
  settle();
  CHECK(heard().size() == 20);
  CHECK(waitpid(spawner.children[0]->process.pid(), nullptr, WNOHANG) == 0);  // it runs
}

TEST_CASE_FIXTURE(LinkOpenerFixture, "as many openers as the limit, and a refused one is none") {
  spawner.refuses = true;
  for (std::size_t i = 0; i <= LinkOpener::MAX_RUNNING; ++i)
    CHECK_THROWS(opener.open("https://a.example/").wait(io.waitScope));
  CHECK_FALSE(opener.full());
  spawner.refuses = false;
  for (std::size_t i = 0; i < LinkOpener::MAX_RUNNING; ++i) {
    CHECK_FALSE(opener.full());
    auto opened = opener.open("https://a.example/");
    settle();
    say(static_cast<char>(Opened::DONE));
    CHECK(opened.wait(io.waitScope) == Opened::DONE);
  }
  CHECK(opener.full());  // each stays with a program of the user
}

}  // namespace
}  // namespace sallyport::daemon
