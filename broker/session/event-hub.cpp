// Runs in the broker.
#include "broker/session/event-hub.h"

#include <kj/debug.h>

#include <utility>

#include "broker/session/incident.h"
#include "broker/session/window-events.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

EventHub::~EventHub() { KJ_ASSERT(m_windows.empty(), "the hub outlives the windows"); }

void EventHub::emit(const commands::Event& event, std::string payload) {
  if (tooLarge(event, payload)) return;
  for (const auto& [label, window] : m_windows)
    window->offer(event, payload, WindowEvents::To::ALL);
  if (event.options.sticky) m_last[event.id] = std::move(payload);
}

void EventHub::emitTo(std::string_view window, const commands::Event& event, std::string payload) {
  if (tooLarge(event, payload)) return;
  const auto found = m_windows.find(window);
  if (found != m_windows.end())
    found->second->offer(event, std::move(payload), WindowEvents::To::THIS_WINDOW);
}

bool EventHub::tooLarge(const commands::Event& event, const std::string& payload) {
  if (payload.size() <= proto::MAX_EVENT_PAYLOAD_BYTES) return false;
  m_journal.incident("",
                     event.name,
                     newIncident(),
                     "an event of " + std::to_string(payload.size()) + " bytes was not sent");
  return true;
}

void EventHub::enter(const std::string& window, WindowEvents& events) {
  KJ_REQUIRE(m_windows.emplace(window, &events).second, "one queue a window");
}

void EventHub::leave(const std::string& window) { m_windows.erase(window); }

const std::string* EventHub::lastOf(const commands::Event& event) const {
  const auto found = m_last.find(event.id);
  return found == m_last.end() ? nullptr : &found->second;
}

}  // namespace sallyport::session
