// See control-server.h.
#include "renderer/link/control-server.h"

#include <kj/debug.h>

#include "proto/cancellation.h"

namespace sallyport::renderer {

kj::Promise<void> ControlServer::load(LoadContext context) {
  if (!m_events.load(context.getParams().getUrl().cStr())) {
    return KJ_EXCEPTION(FAILED, "not a URL of this window's origin class");
  }
  return kj::READY_NOW;
}

kj::Promise<void> ControlServer::close(CloseContext) {
  m_events.close();
  return kj::READY_NOW;
}

// Answered from the Qt event loop, so an answer says that it turns.
kj::Promise<void> ControlServer::ping(PingContext) { return kj::READY_NOW; }

kj::Promise<void> ControlServer::deliver(DeliverContext context) {
  std::vector<Event> events;
  for (auto event : context.getParams().getEvents()) {
    events.push_back({event.getName().cStr(), event.getPayload().cStr()});
  }
  std::vector<Dropped> dropped;
  for (auto entry : context.getParams().getDropped()) {
    dropped.push_back({entry.getName().cStr(), entry.getCount()});
  }
  m_events.deliver(events, dropped);
  return kj::READY_NOW;
}

kj::Promise<void> ControlServer::settle(SettleContext context) {
  m_settle(context.getParams().getOutcomes());
  return kj::READY_NOW;
}

kj::Promise<void> ControlServer::read(ReadContext context) {
  proto::allowCancellation(context);  // the broker gives up waiting for a page
  return m_read(context.getParams().getUpload()).then([context](kj::Array<kj::byte> bytes) mutable {
    // One segment for the whole of it: a second one would be copied into by pieces.
    constexpr std::uint64_t OVERHEAD_WORDS = 32;
    context.getResults(capnp::MessageSize{bytes.size() / sizeof(capnp::word) + OVERHEAD_WORDS, 0})
        .setBytes(bytes);
  });
}

}  // namespace sallyport::renderer
