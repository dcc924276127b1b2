// A renderer's bytes against the whole of broker/session: guard, RPC system, session and
// dispatcher, in memory. The input is what the socket carries after a bootstrap and an attach
// (those are the fixture's, so that deep code is reached at once); its first byte says whether they
// are sent. Built for libFuzzer, and replayed by ctest.
#include <kj/debug.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "tests/broker/session/rpc-messages.h"
#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;

namespace {

class Silent final : public kj::ExceptionCallback {
 public:
  void logMessage(kj::LogSeverity, const char*, int, int, kj::String&&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Silent silent;
  WindowFixture broker;
  auto& peer = *broker.peer;
  const auto send = [&](const void* from, std::size_t bytes) {
    // A peer that reads as well: the broker's answers must not be what stops the run.
    auto write = peer.write(from, bytes).eagerlyEvaluate([](kj::Exception&&) {});
    static kj::byte sink[64 * 1024];
    while (!write.poll(broker.io.waitScope) && !broker.reason()) {
      auto read = peer.tryRead(sink, 1, sizeof(sink));
      if (!read.poll(broker.io.waitScope)) broker.advance(1 * kj::SECONDS);
    }
  };
  if ((data[0] & 1) != 0) {
    for (auto& wire : {bootstrap(0), attach(1, VIA_BOOTSTRAP, 0)}) {
      const auto bytes = const_cast<Wire&>(*wire).bytes();
      send(bytes.begin(), bytes.size());
    }
    KJ_ASSERT(!broker.reason() && broker.connection->isAttached());
  }
  broker.handlers.state.emit("before");
  if (size > 1) send(data + 1, size - 1);
  for (int i = 0; i < 3; ++i) {
    broker.handlers.note.emit("n");
    broker.handlers.level.emit(i);
    broker.handlers.secret.emitTo("main", "s");
  }
  broker.advance(10 * kj::SECONDS);
  // Whatever was sent: no incident without a command of the test's own that fails on purpose, no
  // bug of ours.
  std::string journal;
  bool internal = false;
  for (const auto& line : broker.journal.lines) {
    journal += line.what + ": " + line.text + "; ";
    internal = internal || (line.what == "ended" && line.text == "internal");
  }
  KJ_ASSERT(!internal, journal.c_str());
  return 0;
}
