#include "broker/daemon/child-process.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>

#include <optional>

#include "tests/broker/daemon/sleeper.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

struct ChildFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  Sleeper sleeper;
  std::optional<ChildProcess> child;

  ChildFixture() {
    child.emplace(io.unixEventPort, timer, journal, "renderer main", sleeper.spawned());
  }
  // Lets the loop see what happened on descriptors.
  void turn() {
    for (int i = 0; i < 10; ++i) {
      io.unixEventPort.poll();
      kj::evalLater([] {}).wait(io.waitScope);
    }
  }
  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    turn();
  }
};

TEST_CASE_FIXTURE(ChildFixture, "its lines go to the journal, marked with its name") {
  sleeper.say("first\nsec");
  turn();
  CHECK(pipe.has("info renderer main: first\n"));
  CHECK_FALSE(pipe.has("sec"));
  sleeper.say("ond\n");
  turn();
  CHECK(pipe.has("info renderer main: second\n"));
}

TEST_CASE_FIXTURE(ChildFixture, "a line that never ends is cut, not collected") {
  sleeper.say(std::string(5'000, 'x'));
  turn();
  CHECK(pipe.count("renderer main: xxx") == 2);
}

TEST_CASE_FIXTURE(ChildFixture, "it has 240 lines a minute, and the rest is counted") {
  for (int i = 0; i < 50; ++i) {
    std::string lines;
    for (int k = 0; k < 10; ++k) lines += "noise\n";
    sleeper.say(lines);
  }
  turn();
  CHECK(pipe.count("renderer main: noise") == 240);
  pass(61 * kj::SECONDS);
  sleeper.say("later\n");
  turn();
  CHECK(pipe.has("warning renderer main: 260 lines dropped: over the budget"));
  CHECK(pipe.has("renderer main: later"));
}

TEST_CASE_FIXTURE(ChildFixture, "a process that never stops writing does not keep the broker") {
  // As fast as the broker reads: the pipe is full again each time that it looks.
  REQUIRE(fcntl(sleeper.log(), F_SETPIPE_SZ, 1 << 20) > 0);
  REQUIRE(fcntl(sleeper.log(), F_SETFL, O_NONBLOCK) == 0);
  const std::string noise(1 << 20, '\n');
  REQUIRE(::write(sleeper.log(), noise.data(), noise.size()) == ssize_t(noise.size()));
  turn();
  int left = 0;
  REQUIRE(ioctl(sleeper.log(), FIONREAD, &left) == 0);
  CHECK(left >= (1 << 20) - (128 << 10));
  for (int i = 0; i < 40; ++i) pass(50 * kj::MILLISECONDS);
  REQUIRE(ioctl(sleeper.log(), FIONREAD, &left) == 0);
  CHECK(left == 0);
}

TEST_CASE_FIXTURE(ChildFixture, "its last words are kept, also without an end of line") {
  sleeper.say("terminate called after\nwhat(): boom");
  sleeper.end();
  child->exited().wait(io.waitScope);
  child.reset();
  CHECK(pipe.has("renderer main: terminate called after\n"));
  CHECK(pipe.has("renderer main: what(): boom\n"));
}

TEST_CASE_FIXTURE(ChildFixture, "its last words are kept while the broker rests from reading") {
  std::string noise;
  for (int i = 0; i < 64; ++i) noise += std::string(1'023, 'x') + "\n";
  sleeper.say(noise);
  turn();
  CHECK(pipe.count("renderer main: xxx") > 50);
  sleeper.say("boom");
  sleeper.end();
  child->exited().wait(io.waitScope);
  CHECK(pipe.has("renderer main: boom\n"));
}

TEST_CASE_FIXTURE(ChildFixture, "its end is seen by everyone who waits") {
  auto first = child->exited();
  auto second = child->exited();
  CHECK(child->running());
  CHECK_FALSE(first.poll(io.waitScope));
  sleeper.end();
  first.wait(io.waitScope);
  second.wait(io.waitScope);
  CHECK_FALSE(child->running());
  child->exited().wait(io.waitScope);
}

TEST_CASE_FIXTURE(ChildFixture, "killing is by the pidfd, at once") {
  child->kill();
  child->exited().wait(io.waitScope);
  CHECK(sleeper.waitForEnd() == SIGKILL);
  child->kill();  // to nobody
}

TEST_CASE_FIXTURE(ChildFixture, "ending is patient, then it kills") {
  auto ended = child->end(3 * kj::SECONDS).eagerlyEvaluate(nullptr);
  pass(2'900 * kj::MILLISECONDS);
  CHECK_FALSE(ended.poll(io.waitScope));
  CHECK(child->running());
  pass(200 * kj::MILLISECONDS);
  ended.wait(io.waitScope);
  CHECK(sleeper.waitForEnd() == SIGKILL);
}

TEST_CASE_FIXTURE(ChildFixture, "one that ends in time is not killed") {
  auto ended = child->end(3 * kj::SECONDS).eagerlyEvaluate(nullptr);
  sleeper.end(SIGTERM);
  ended.wait(io.waitScope);
  CHECK(sleeper.waitForEnd() == SIGTERM);
  child->end(3 * kj::SECONDS).wait(io.waitScope);
}

TEST_CASE_FIXTURE(ChildFixture, "a process does not outlive its object") {
  child.reset();
  CHECK(sleeper.waitForEnd() == SIGKILL);
}

TEST_CASE_FIXTURE(ChildFixture, "a closed log is no end, and costs nothing") {
  sleeper.closeLog();
  turn();
  CHECK(child->running());
  CHECK_FALSE(pipe.has("can no longer be read"));
}

}  // namespace
}  // namespace sallyport::daemon
