// Read offer() and takeDue() first: nothing leaves but through these two. Runs in the broker.
#include "broker/session/window-events.h"

#include <algorithm>
#include <iterator>

#include "proto/session.capnp.h"

namespace sallyport::session {

using commands::Code;
using commands::Event;
using commands::Queueing;

WindowEvents::WindowEvents(EventHub& hub, Owner owner, kj::Function<void()> onReady)
    : m_hub(hub),
      m_window(std::move(owner.window)),
      m_origin(std::move(owner.origin)),
      m_grants(std::move(owner.grants)),
      m_onReady(kj::mv(onReady)) {
  m_hub.enter(m_window, *this);
}

WindowEvents::~WindowEvents() noexcept(false) { m_hub.leave(m_window); }

bool WindowEvents::granted(const Event& event) const {
  return capabilities::decide(*m_grants, event.id).verdict == capabilities::Verdict::ALLOWED;
}

void WindowEvents::setGrants(std::shared_ptr<const capabilities::Grants> grants) {
  m_grants = std::move(grants);
  eraseIf([this](const Event& event) { return !granted(event); });
}

void WindowEvents::offer(const Event& event, std::string payload, To to) {
  const bool sticky = event.options.sticky;
  if (sticky && to == To::THIS_WINDOW) m_last[&event] = payload;
  if (sticky && to == To::ALL) m_last.erase(&event);  // the hub's is newer now
  if (!granted(event)) return;
  // A sticky one is replayed to whoever comes later, so it need not wait for that.
  if (!listensTo(event) && (m_isReady || sticky)) return;
  push(event, std::move(payload));
  if (listensTo(event)) wake();
}

void WindowEvents::push(const Event& event, std::string payload) {
  if (event.options.queueing == Queueing::LATEST) {
    const auto former = std::find_if(m_queue.begin(), m_queue.end(), [&](const Waiting& waiting) {
      return waiting.event == &event;
    });
    if (former != m_queue.end()) erase(former);
  }
  m_bytes += payload.size();
  m_queue.push_back({&event, std::move(payload)});
  while (m_queue.size() > proto::MAX_QUEUED_EVENTS || m_bytes > proto::MAX_QUEUED_EVENT_BYTES) {
    ++m_dropped[m_queue.front().event];
    erase(m_queue.begin());
  }
}

std::list<WindowEvents::Waiting>::iterator WindowEvents::erase(std::list<Waiting>::iterator at) {
  m_bytes -= at->payload.size();
  return m_queue.erase(at);
}

template <typename Condition>
void WindowEvents::eraseIf(const Condition& condition) {
  for (auto at = m_queue.begin(); at != m_queue.end();)
    at = condition(*at->event) ? erase(at) : std::next(at);
  std::erase_if(m_dropped, [&](const auto& entry) { return condition(*entry.first); });
}

void WindowEvents::forget() {
  m_listening.clear();
  m_isReady = false;
}

void WindowEvents::connect(const std::string& origin,
                           std::shared_ptr<const capabilities::Grants> grants,
                           kj::Function<void()> wake) {
  forget();
  if (origin != m_origin) {
    eraseIf([](const Event&) { return true; });
    m_last.clear();
    m_origin = origin;
  }
  setGrants(std::move(grants));
  m_wake = kj::mv(wake);
}

void WindowEvents::disconnect() {
  forget();
  m_wake = nullptr;
}

std::vector<WindowEvents::Refusal> WindowEvents::listen(const commands::Registry& registry,
                                                        const Wish& wish) {
  if (wish.fresh) forget();
  std::vector<Refusal> refused;
  Listening wanted;
  std::vector<const Event*> added;  // in the page's order
  for (std::size_t i = 0; i < wish.names.size(); ++i) {
    const Event* event = registry.findEvent(wish.names[i]);
    if (event == nullptr) {
      refused.push_back({i, Code::UNKNOWN_EVENT, {}});
    } else if (!granted(*event)) {
      refused.push_back({i, Code::DENIED, event->name});
    } else if (wanted.insert(event).second && !listensTo(*event)) {
      added.push_back(event);
    }
  }
  m_listening = std::move(wanted);
  const bool becomesReady = wish.ready && !m_isReady;
  m_isReady |= wish.ready;
  if (m_isReady) eraseIf([this](const Event& event) { return !listensTo(event); });
  for (const Event* event : added)
    if (event->options.sticky) replay(*event);
  wake();
  if (becomesReady) m_onReady();
  return refused;
}

void WindowEvents::replay(const Event& event) {
  const auto own = m_last.find(&event);
  const std::string* last = own != m_last.end() ? &own->second : m_hub.lastOf(event);
  if (last == nullptr) return;
  for (auto at = m_queue.begin(); at != m_queue.end();)  // from before it was listened to again
    at = at->event == &event ? erase(at) : std::next(at);
  push(event, *last);
}

void WindowEvents::wake() {
  KJ_IF_MAYBE (wake, m_wake) {
    (*wake)();
  }
}

WindowEvents::Due WindowEvents::takeDue() {
  Due due;
  for (auto at = m_queue.begin(); at != m_queue.end();) {
    if (listensTo(*at->event) && granted(*at->event)) {
      m_bytes -= at->payload.size();
      due.events.push_back(std::move(*at));
      at = m_queue.erase(at);
    } else {
      ++at;
    }
  }
  for (auto at = m_dropped.begin(); at != m_dropped.end();) {
    if (listensTo(*at->first) && granted(*at->first)) {
      due.dropped.emplace_back(at->first, at->second);
      at = m_dropped.erase(at);
    } else {
      ++at;
    }
  }
  return due;
}

}  // namespace sallyport::session
