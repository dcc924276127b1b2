#include "broker/daemon/service.h"

#include <doctest/doctest.h>

#include <chrono>

#include "broker/daemon/cage-verification.h"
#include "tests/broker/daemon/spawner-fake.h"
#include "tests/broker/daemon/test-folder.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::daemon {
namespace {

struct ServiceFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  SpawnerFake spawner;
  Surroundings around{spawner, io.unixEventPort, *io.lowLevelProvider, timer, journal};
  unsigned set_up = 0;
  bool setUpFails = false;
  bool setUpHangs = false;
  bool serves = true;
  std::vector<std::unique_ptr<FrameFake>> served;  // what answers in the processes' place
  kj::Own<Service> service = kj::heap<Service>(
      around,
      spawn::ProcessKind::NET,
      "net",
      "",
      [] { return std::vector<kj::AutoCloseFd>(); },
      [this]() -> kj::Promise<void> {
        ++set_up;
        if (setUpFails) return KJ_EXCEPTION(FAILED, "not today");
        if (setUpHangs) return kj::NEVER_DONE;
        return kj::READY_NOW;
      });

  ServiceFixture() {
    spawner.onSpawn = [this](Child& child) {
      if (!serves) return;
      served.push_back(std::make_unique<FrameFake>(*io.lowLevelProvider, kj::mv(child.fds.at(0))));
    };
  }
  // A call as any part of the broker makes one: "done", or why not.
  std::string call() {
    std::string outcome = "waits";
    auto called = service->bootstrap()
                      .castAs<proto::Frame>()
                      .focusRequest()
                      .send()
                      .ignoreResult()
                      .then([&] { outcome = "done"; },
                            [&](kj::Exception&& why) { outcome = why.getDescription().cStr(); })
                      .eagerlyEvaluate(nullptr);
    settle();
    return outcome;
  }
  void settle() {
    for (int i = 0; i < 30; ++i) {
      timer.advanceTo(timer.now());
      io.unixEventPort.poll();
      io.waitScope.poll();
    }
  }
  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    settle();
  }
  template <typename Condition>
  void until(Condition condition) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > late)
        FAIL("it never came to that; the journal: " << pipe.text());
      settle();
    }
  }
  Sleeper& process() { return spawner.children.back()->process; }
  void crash() {
    const auto before = pipe.count("net ended");
    process().end(SIGSEGV);
    until([&] { return pipe.count("net ended") == before + 1; });
  }
};

TEST_CASE_FIXTURE(ServiceFixture, "a first start that fails is told to who asked for it") {
  spawner.refuses = true;
  CHECK_THROWS(service->start().wait(io.waitScope));
  pass(1 * kj::HOURS);
  CHECK(spawner.children.empty());
}

TEST_CASE_FIXTURE(ServiceFixture, "a process that ends comes back, at once and then later") {
  service->start().wait(io.waitScope);
  crash();
  until([&] { return spawner.children.size() == 2; });
  crash();
  pass(499 * kj::MILLISECONDS);
  CHECK(spawner.children.size() == 2);
  pass(1 * kj::MILLISECONDS);
  until([&] { return service->pid() != 0; });
  CHECK(spawner.children.size() == 3);
  CHECK(service->restarts() == 2);
  CHECK(set_up == 3);
}

TEST_CASE_FIXTURE(ServiceFixture, "one that cannot be started for a while is not given up") {
  service->start().wait(io.waitScope);
  spawner.refuses = true;
  crash();
  until([&] { return pipe.has("net does not start"); });
  pass(10 * kj::SECONDS);
  CHECK(service->pid() == 0);
  // Slower and slower: some ten tries in the first minute, not a thousand.
  for (int second = 0; second < 60; ++second) pass(1 * kj::SECONDS);
  CHECK(pipe.count("net does not start") < 20);
  spawner.refuses = false;
  for (int second = 0; second < 20; ++second) pass(1 * kj::SECONDS);
  CHECK(service->pid() != 0);
}

// The kernel tells of the socket before it tells of the process.
TEST_CASE_FIXTURE(ServiceFixture, "a call on one that has hung up and not yet ended is a failure") {
  service->start().wait(io.waitScope);
  served.clear();
  settle();
  CHECK(service->pid() != 0);
  auto call = service->bootstrap().castAs<proto::Frame>().closeRequest().send().ignoreResult();
  CHECK_THROWS(call.wait(io.waitScope));
}

TEST_CASE_FIXTURE(ServiceFixture, "one for whose link there are no descriptors is not given up") {
  service->start().wait(io.waitScope);
  crash();
  until([&] { return spawner.children.size() == 2; });
  crash();  // and now there is a pause
  {
    const faults::NoDescriptors none;
    pass(500 * kj::MILLISECONDS);
    until([&] { return pipe.has("net does not start: socketpair"); });
    CHECK(service->pid() == 0);
  }
  for (int second = 0; second < 20; ++second) pass(1 * kj::SECONDS);
  CHECK(service->pid() != 0);
  CHECK_FALSE(pipe.has("given up"));
}

TEST_CASE_FIXTURE(ServiceFixture, "one that cannot be set up is ended and tried again") {
  service->start().wait(io.waitScope);
  setUpFails = true;
  crash();
  until([&] { return pipe.has("net does not start: not today"); });
  CHECK(spawner.children[1]->process.waitForEnd() == SIGKILL);
  setUpFails = false;
  for (int second = 0; second < 20; ++second) pass(1 * kj::SECONDS);
  CHECK(service->pid() != 0);
}

TEST_CASE_FIXTURE(ServiceFixture,
                  "one that does not answer for half a minute is killed, and comes back") {
  bool answers = true;
  service->watchBy([&]() -> kj::Promise<void> {
    if (answers) return kj::READY_NOW;
    return kj::NEVER_DONE;
  });
  service->start().wait(io.waitScope);
  for (int beat = 0; beat < 100; ++beat) pass(Heartbeat::PACE);
  CHECK(process().endedBy() == 0);
  answers = false;
  pass(Heartbeat::PACE);
  for (unsigned missed = 1; missed < Service::MOST_MISSES; ++missed) pass(Heartbeat::PATIENCE);
  CHECK(process().endedBy() == 0);
  pass(Heartbeat::PATIENCE);
  until([&] { return spawner.children.size() == 2; });
  CHECK(spawner.children[0]->process.endedBy() == SIGKILL);
  CHECK(pipe.has("net does not answer any more; it is killed"));
  CHECK(service->restarts() == 1);
  // The next one is asked as well.
  until([&] {
    pass(Heartbeat::PATIENCE);
    return spawner.children[1]->process.endedBy() == SIGKILL;
  });
}

TEST_CASE_FIXTURE(ServiceFixture, "one that hangs while it is set up is killed as well") {
  service->watchBy([]() -> kj::Promise<void> { return kj::NEVER_DONE; });
  setUpHangs = true;
  const auto started = service->start().eagerlyEvaluate([](kj::Exception&&) {});
  until([&] { return set_up == 1; });
  pass(Heartbeat::PACE);
  for (unsigned missed = 0; missed < Service::MOST_MISSES; ++missed) pass(Heartbeat::PATIENCE);
  until([&] { return process().endedBy() == SIGKILL; });
}

TEST_CASE_FIXTURE(ServiceFixture, "one that was stopped does not come back") {
  service->start().wait(io.waitScope);
  auto stopped = service->stop([]() -> kj::Promise<void> { return kj::READY_NOW; });
  process().end(SIGTERM);
  stopped.wait(io.waitScope);
  pass(1 * kj::MINUTES);
  CHECK(spawner.children.size() == 1);
}

TEST_CASE_FIXTURE(ServiceFixture, "one that is stopped between two tries does not come back") {
  service->start().wait(io.waitScope);
  spawner.refuses = true;
  crash();
  until([&] { return pipe.has("net does not start"); });
  spawner.refuses = false;
  service->stop([]() -> kj::Promise<void> { return kj::READY_NOW; }).wait(io.waitScope);
  pass(1 * kj::MINUTES);
  CHECK(spawner.children.size() == 1);
}

}  // namespace
TEST_CASE_FIXTURE(ServiceFixture, "a process whose cage does not hold at its start is not used") {
  spawner.report.checks.push_back({"Seccomp", "0", sandbox::CheckState::FAILED});
  auto started = service->start();
  settle();
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) pass(SECOND_LOOK_PAUSE);
  CHECK_THROWS(started.wait(io.waitScope));
  CHECK(pipe.has("net: its cage fails on Seccomp: 0"));
  CHECK(pipe.has("net does not start"));
}

TEST_CASE_FIXTURE(
    ServiceFixture,
    "a process that was tampered with at a restart is not used, nor while it is read") {
  service->start().wait(io.waitScope);
  CHECK(call() == "done");
  spawner.report.checks.push_back({"descriptors", "foreign: 7", sandbox::CheckState::FAILED});
  crash();
  until([&] { return spawner.inspected.size() == 2; });
  REQUIRE(served.size() == 2);
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) {
    CHECK(call().find("is being started again") != std::string::npos);
    CHECK_FALSE(service->usable());
    CHECK(process().endedBy() == 0);
    pass(SECOND_LOOK_PAUSE);
  }
  until([&] { return pipe.has("net does not start: "); });
  CHECK(pipe.has("net: its cage fails on descriptors: foreign: 7"));
  CHECK(spawner.children[1]->process.waitForEnd() == SIGKILL);
  CHECK(served[1]->focused == 0);
  CHECK(set_up == 1);
  spawner.report.checks.pop_back();
  until([&] {
    pass(1 * kj::SECONDS);
    return service->usable();
  });
  CHECK(set_up == 2);
  CHECK(call() == "done");
  CHECK(served.back()->focused == 1);
}

TEST_CASE_FIXTURE(ServiceFixture, "a process that never serves is killed, and another one comes") {
  service->start().wait(io.waitScope);
  serves = false;
  crash();
  until([&] { return spawner.children.size() == 2; });
  pass(Service::SERVE_PATIENCE - 1 * kj::MILLISECONDS);
  CHECK(process().endedBy() == 0);
  serves = true;
  pass(1 * kj::MILLISECONDS);
  until([&] {
    pass(1 * kj::SECONDS);
    return service->usable();
  });
  CHECK(spawner.children[1]->process.endedBy() == SIGKILL);
  CHECK(spawner.children.size() == 3);
  CHECK(pipe.has("it does not answer"));
}

TEST_CASE_FIXTURE(ServiceFixture, "one that is stopped while it is read is not used either") {
  service->start().wait(io.waitScope);
  spawner.report.checks.push_back({"Seccomp", "0", sandbox::CheckState::FAILED});
  crash();
  until([&] { return spawner.inspected.size() == 2; });
  auto stopped = service->stop([]() -> kj::Promise<void> { return kj::READY_NOW; });
  spawner.report.checks.pop_back();
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) pass(SECOND_LOOK_PAUSE);
  CHECK_FALSE(service->usable());
  CHECK(set_up == 1);
  pass(1 * kj::MINUTES);
  stopped.wait(io.waitScope);
  CHECK(spawner.children.size() == 2);
}

TEST_CASE_FIXTURE(ServiceFixture, "a cage that fails later ends the process; another one comes") {
  service->start().wait(io.waitScope);
  settle();
  CHECK(spawner.inspected.size() == 1);
  pass(VERIFY_PERIOD);
  until([&] { return spawner.inspected.size() == 2; });
  CHECK(service->restarts() == 0);
  spawner.report.checks.push_back({"NoNewPrivs", "0", sandbox::CheckState::FAILED});
  pass(VERIFY_PERIOD);
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) pass(SECOND_LOOK_PAUSE);
  until([&] { return pipe.has("net ended; it is started again"); });
  CHECK(pipe.has("net: its cage fails on NoNewPrivs: 0"));
  CHECK(spawner.children.front()->process.endedBy() == SIGKILL);
  spawner.report.checks.pop_back();
  pass(1 * kj::MINUTES);
  until([&] { return set_up == 2; });
  CHECK(service->restarts() == 1);
}

TEST_CASE_FIXTURE(ServiceFixture, "a cage that cannot be read fails") {
  service->start().wait(io.waitScope);
  settle();
  spawner.cannotInspect = true;
  pass(VERIFY_PERIOD);
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) pass(SECOND_LOOK_PAUSE);
  until([&] { return pipe.has("net: its cage cannot be read"); });
}

}  // namespace sallyport::daemon
