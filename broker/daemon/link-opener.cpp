#include "broker/daemon/link-opener.h"

#include <kj/debug.h>

#include <array>
#include <memory>
#include <utility>

#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {
namespace {

using opener::Opened;

struct Exchange {
  kj::Own<kj::AsyncCapabilityStream> stream;
  std::string request;
  std::array<kj::byte, 1> answer{};
};

std::string framed(const std::string& link) {
  KJ_REQUIRE(link.size() <= 0xffff, "a link's length");
  std::string request{static_cast<char>(link.size() & 0xffU), static_cast<char>(link.size() >> 8U)};
  return request + link;
}

Opened outcomeOf(kj::byte answer) {
  KJ_REQUIRE(answer >= static_cast<kj::byte>(Opened::DONE) &&
                 answer <= static_cast<kj::byte>(Opened::REFUSED),
             "no answer of an opener");
  return static_cast<Opened>(answer);
}

}  // namespace

kj::Promise<Opened> LinkOpener::open(std::string link) {
  KJ_REQUIRE(!full(), "too many openers");
  ++m_running;
  auto running = kj::defer([this] { --m_running; });
  auto pair = makeSocketPair();
  spawn::SpawnRequest request{spawn::ProcessKind::OPENER, "", {}};
  request.fds.push_back(kj::mv(pair.theirs));
  return m_around.spawner.spawn(kj::mv(request))
      .then([this, ours = kj::mv(pair.ours), link = std::move(link), running = kj::mv(running)](
                spawn::Spawned spawned) mutable -> kj::Promise<Opened> {
        // Its pidfd and its log go: it is not ours to end, and it says nothing.
        m_tasks.add(m_around.spawner.exited(spawned.pid).ignoreResult().attach(kj::mv(running)));
        auto exchange = kj::heap<Exchange>();
        exchange->stream =
            m_around.io.wrapUnixSocketFd(kj::mv(ours),
                                         kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                             kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK);
        exchange->request = framed(link);
        Exchange& held = *exchange;
        return held.stream->write(held.request.data(), held.request.size())
            .then([&held] { return held.stream->read(held.answer.data(), 1); })
            .then([&held] { return outcomeOf(held.answer[0]); })
            .exclusiveJoin(m_around.timer.afterDelay(PATIENCE).then([]() -> Opened {
              kj::throwFatalException(KJ_EXCEPTION(FAILED, "an opener does not answer"));
            }))
            .attach(kj::mv(exchange));
      });
}

}  // namespace sallyport::daemon
