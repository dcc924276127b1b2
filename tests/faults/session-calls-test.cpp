// Each system call on one window's socket fails once, in the middle of all that its page does: that
// session goes on as if nothing were, or it ends and nothing of it is left; another window notices
// nothing, and the next renderer of the same window is served.
#include <doctest/doctest.h>
#include <kj/exception.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <set>

#include "tests/faults/failing-calls.h"
#include "tests/faults/whole-session.h"

namespace sallyport::faults {
namespace {

const std::vector<std::string> SOCKET_CALLS{
    "read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg"};
const std::vector<std::string> WAITING_CALLS{"epoll_wait", "epoll_pwait", "epoll_pwait2"};
constexpr unsigned MOST_CALLS = 500;

struct Trial {
  bool attached = false, whole = false, otherWhole = false, nextWhole = false;
  std::optional<session::EndReason> reason, otherReason;
  std::size_t ended = 0;  // lines of the journal
  bool nothingLeft = false;
};

// watched: the broker's end of the window that is hit.
Trial tryOnce(std::atomic<int>& watched) {
  Trial trial;
  session::tests::WindowFixture broker;
  const auto& handlers = broker.handlers;
  Peer other(broker, "other");
  trial.otherWhole = other.attach() && other.work();
  {
    Peer hit(broker, "hit");
    watched = hit.brokerEnd();
    kj::Maybe<kj::Exception> broken = kj::runCatchingExceptions([&] {
      trial.attached = hit.attach();
      trial.whole = trial.attached && hit.work();
    });
    trial.reason = hit.ended();
    watched = -1;
    trial.ended = broker.journal.count("ended");
    trial.otherWhole = trial.otherWhole && other.work();
  }
  broker.poll();
  trial.nothingLeft = handlers.streams == handlers.streamsOver &&
                      handlers.sources == handlers.sourcesOver &&
                      broker.journal.count("incident") == 0;
  trial.otherReason = other.ended();
  Peer next(broker, "hit");
  trial.nextWhole = next.attach() && next.work();
  return trial;
}

bool isOf(const SystemCall& call, int descriptor) {
  return descriptor >= 0 && call.arguments[0] == static_cast<std::uint64_t>(descriptor);
}

}  // namespace

TEST_CASE("a session whose socket fails ends alone, at whichever call that is") {
  FailingCalls calls(SOCKET_CALLS);
  std::atomic<int> watched = -1;
  const auto onSocket = [&](const SystemCall& call) { return isOf(call, watched); };
  std::set<std::string> names;
  for (const int error : {ECONNRESET, EPIPE, EIO, ENOMEM, ENOBUFS}) {
    unsigned nth = 1;
    for (bool done = false; !done; ++nth) {
      REQUIRE(nth < MOST_CALLS);
      const auto open = openDescriptors();
      Trial trial;
      const auto failed = calls.run({nth, error, onSocket}, [&] { trial = tryOnce(watched); });
      CAPTURE(error);
      CAPTURE(nth);
      CAPTURE(failed.value_or("none"));
      done = !failed;
      if (failed) names.insert(*failed);
      CHECK(openDescriptors() == open);
      CHECK((trial.whole || !done));  // what fails after the last answer costs none
      CHECK(trial.reason.has_value() != done);
      CHECK(trial.ended == (done ? 0 : 1));
      CHECK(trial.nothingLeft);
      CHECK(trial.otherWhole);
      CHECK_FALSE(trial.otherReason.has_value());
      CHECK(trial.nextWhole);
    }
    CHECK(nth > 20);
  }
  CHECK(names.size() >= 2);  // one that reads and one that writes
}

TEST_CASE("a session does not notice that a call was interrupted or came too early") {
  FailingCalls calls(SOCKET_CALLS);
  std::atomic<int> watched = -1;
  const auto onSocket = [&](const SystemCall& call) { return isOf(call, watched); };
  for (unsigned nth = 1; nth < MOST_CALLS; ++nth) {
    Trial trial;
    const auto failed = calls.run({nth, EINTR, onSocket}, [&] { trial = tryOnce(watched); });
    CAPTURE(nth);
    CAPTURE(failed.value_or("none"));
    CHECK(trial.whole);
    CHECK_FALSE(trial.reason.has_value());
    CHECK(trial.otherWhole);
    CHECK(trial.nextWhole);
    if (!failed) break;
  }
}

TEST_CASE("a broker does not notice that its wait was interrupted") {
  FailingCalls calls(WAITING_CALLS);
  std::atomic<int> watched = -1;
  for (unsigned nth = 1; nth < MOST_CALLS; ++nth) {
    Trial trial;
    const auto failed = calls.run({nth, EINTR, {}}, [&] { trial = tryOnce(watched); });
    CAPTURE(nth);
    CHECK(trial.whole);
    CHECK(trial.otherWhole);
    CHECK(trial.nextWhole);
    if (!failed) {
      CHECK(nth > 5);
      break;
    }
  }
}

}  // namespace sallyport::faults
