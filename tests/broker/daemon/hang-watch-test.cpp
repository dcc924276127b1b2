// When a renderer that does not answer is shown to hang, and when it is ended.
#include "broker/daemon/hang-watch.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/debug.h>
#include <kj/timer.h>

#include <memory>
#include <vector>

namespace sallyport::daemon {
namespace {

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
  bool answers = true;
  bool gone = false;
  unsigned asked = 0, ended = 0;
  std::vector<bool> shown;
  HangWatch watch{timer,
                  {[this]() -> kj::Promise<Heartbeat::Answer> {
                     ++asked;
                     if (gone) return KJ_EXCEPTION(DISCONNECTED, "gone");
                     if (!answers) return kj::NEVER_DONE;
                     return Heartbeat::Answer::YES;
                   },
                   [this](bool hung) { shown.push_back(hung); },
                   [this] { ++ended; }}};

  void pass(kj::Duration time) {
    scope.poll();
    timer.advanceTo(timer.now() + time);
    scope.poll();
  }
  void beatOnce() { pass(Heartbeat::PACE); }  // the next question is asked
  void miss(unsigned times) {
    for (unsigned i = 0; i < times; ++i) pass(Heartbeat::PATIENCE);
  }
  void startsToHang() {
    watch.drawn();
    answers = false;
    beatOnce();
  }
};

TEST_CASE_FIXTURE(Fixture, "one that answers is asked at a fixed pace, and nothing is shown") {
  for (unsigned beat = 1; beat <= 20; ++beat) {
    beatOnce();
    CHECK(asked == beat);
  }
  CHECK(shown.empty());
  CHECK_FALSE(watch.hung());
}

TEST_CASE_FIXTURE(Fixture, "one that misses three beats is shown to hang, and not before") {
  startsToHang();
  miss(HangWatch::SHOWN_AFTER - 1);
  CHECK(shown.empty());
  CHECK_FALSE(watch.hung());
  miss(1);
  CHECK(shown == std::vector<bool>{true});
  CHECK(watch.hung());
  CHECK(ended == 0);
}

TEST_CASE_FIXTURE(Fixture, "misses that an answer comes between are no hang") {
  watch.drawn();
  for (int round = 0; round < 5; ++round) {
    answers = false;
    beatOnce();
    miss(HangWatch::SHOWN_AFTER - 2);
    answers = true;
    miss(1);
  }
  CHECK(shown.empty());
}

TEST_CASE_FIXTURE(Fixture, "one that answers again is shown so, once") {
  startsToHang();
  miss(HangWatch::SHOWN_AFTER);
  answers = true;
  miss(1);  // the last question of the hang stays without an answer
  for (int beat = 0; beat < 5; ++beat) beatOnce();
  CHECK(shown == std::vector<bool>{true, false});
  CHECK_FALSE(watch.hung());
}

TEST_CASE_FIXTURE(Fixture, "a user who waits is asked again after half a minute") {
  startsToHang();
  miss(HangWatch::SHOWN_AFTER);
  watch.wait();
  CHECK(watch.hung());
  miss(HangWatch::WAITED_FOR - 1);
  CHECK(shown == std::vector<bool>{true});
  miss(1);
  CHECK(shown == std::vector<bool>{true, true});
}

TEST_CASE_FIXTURE(Fixture, "a wish to wait for one that answers means nothing") {
  watch.drawn();
  watch.wait();
  answers = false;
  beatOnce();
  miss(HangWatch::SHOWN_AFTER);
  CHECK(shown == std::vector<bool>{true});
}

TEST_CASE_FIXTURE(Fixture, "one without a picture is ended after half a minute") {
  answers = false;
  beatOnce();
  miss(HangWatch::UNSEEN_LIMIT - 1);
  CHECK(ended == 0);
  miss(1);
  CHECK(ended == 1);
}

TEST_CASE_FIXTURE(Fixture, "one with a picture is ended after five minutes, whoever waits") {
  startsToHang();
  for (unsigned missed = 1; missed < HangWatch::LIMIT; ++missed) {
    miss(1);
    watch.wait();
  }
  CHECK(ended == 0);
  miss(1);
  CHECK(ended == 1);
}

TEST_CASE_FIXTURE(Fixture, "one that hung and is gone is not said to answer again") {
  startsToHang();
  miss(HangWatch::SHOWN_AFTER);
  gone = true;
  miss(1);
  for (int beat = 0; beat < 5; ++beat) beatOnce();
  CHECK(shown == std::vector<bool>{true});
}

TEST_CASE_FIXTURE(Fixture,
                  "one whose connection is gone does not hang: its end is seen elsewhere") {
  gone = true;
  for (int beat = 0; beat < 100; ++beat) beatOnce();
  CHECK(shown.empty());
  CHECK(ended == 0);
  CHECK(asked == 100);  // and it is not asked in a loop
}

}  // namespace
}  // namespace sallyport::daemon
