// KJ's promises and timers under a running QCoreApplication.
#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/thread.h>

#include <QTimer>
#include <string>

#include "tests/broker/qt-loop/fixture.h"

namespace sallyport::qt_loop {

TEST_CASE("a promise chain runs to its end inside Qt's loop") {
  Fixture f;
  int steps = 0;
  f.exec(kj::evalLater([&] { ++steps; }).then([&] { ++steps; }));
  CHECK(steps == 2);
}

TEST_CASE("a fulfilment from a Qt slot wakes KJ") {
  Fixture f;
  auto paf = kj::newPromiseAndFulfiller<void>();
  QTimer::singleShot(0, [&] { paf.fulfiller->fulfill(); });
  f.exec(kj::mv(paf.promise));
}

TEST_CASE("timers fire in the order of their times and not early") {
  Fixture f;
  std::string order;
  auto start = kj::systemPreciseMonotonicClock().now();
  auto late = f.loop.timer()
                  .afterDelay(30 * kj::MILLISECONDS)
                  .then([&] { order += "b"; })
                  .eagerlyEvaluate(nullptr);
  auto soon = f.loop.timer()
                  .afterDelay(5 * kj::MILLISECONDS)
                  .then([&] { order += "a"; })
                  .eagerlyEvaluate(nullptr);
  auto both = kj::heapArrayBuilder<kj::Promise<void>>(2);
  both.add(kj::mv(late));
  both.add(kj::mv(soon));
  f.exec(kj::joinPromises(both.finish()));
  CHECK(order == "ab");
  CHECK(kj::systemPreciseMonotonicClock().now() - start >= 30 * kj::MILLISECONDS);
}

TEST_CASE("a timeout rejects a promise that nobody fulfils") {
  Fixture f;
  auto timeout =
      f.loop.timer().timeoutAfter(5 * kj::MILLISECONDS, kj::Promise<void>(kj::NEVER_DONE));
  CHECK_THROWS_AS(f.exec(kj::mv(timeout)), kj::Exception);
}

TEST_CASE("wait() works at the top level and lets Qt's timers run meanwhile") {
  Fixture f;
  bool fired = false;
  auto paf = kj::newPromiseAndFulfiller<int>();
  QTimer::singleShot(5, [&] {
    fired = true;
    paf.fulfiller->fulfill(7);
  });
  CHECK(paf.promise.wait(f.loop.waitScope()) == 7);
  CHECK(fired);
}

TEST_CASE("wake() from another thread ends the sleep of wait()") {
  Fixture f;
  kj::Thread thread([&] { f.loop.port().wake(); });
  while (!f.loop.port().wait()) {
  }
}

TEST_CASE("a slot that turns the loop inside a KJ callback does not enter it twice") {
  Fixture f;
  bool done = false;
  f.exec(kj::evalLater([&] {
    f.loop.turn();
    QCoreApplication::processEvents();
    done = true;
  }));
  CHECK(done);
}

TEST_CASE("a KJ chain without end leaves Qt its turns") {
  Fixture f;
  bool qtRan = false;
  QTimer::singleShot(0, [&] { qtRan = true; });
  kj::Function<kj::Promise<void>()> spin = [&]() -> kj::Promise<void> {
    if (qtRan) {
      return kj::READY_NOW;
    }
    return kj::evalLater([&] { return spin(); });
  };
  f.exec(spin());
  CHECK(qtRan);
}

}  // namespace sallyport::qt_loop
