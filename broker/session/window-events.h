// The events of one window, from its opening to its closing: what its page listens to, and what
// waits for it, bounded. Outlives renderers, so that what is sent while one starts is not lost.
// Every event is decided when it is sent and again when it leaves. Runs in the broker; what is
// asked here comes from a hostile page.
#pragma once

#include <kj/common.h>
#include <kj/function.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/commands/error.h"
#include "broker/commands/registry.h"
#include "broker/session/event-hub.h"
#include "broker/session/journal.h"
#include "capabilities/grants.h"

namespace sallyport::session {

class WindowEvents {
 public:
  // Who asks, as the broker knows it, and what it may do.
  struct Owner {
    std::string window;
    std::string origin;
    std::shared_ptr<const capabilities::Grants> grants;
  };
  // The hub must outlive this. One at a time for a window. onReady: from inside listen(), when a
  // document has its first listeners.
  WindowEvents(
      EventHub& hub, Owner owner, kj::Function<void()> onReady = [] {});
  ~WindowEvents() noexcept(false);
  KJ_DISALLOW_COPY(WindowEvents);

  // In effect at once: what waits and is not granted any more is gone.
  void setGrants(std::shared_ptr<const capabilities::Grants> grants);

  enum class To { ALL, THIS_WINDOW };
  void offer(const commands::Event& event, std::string payload, To to);

  // A renderer's session begins, of this origin class and with its grants; wake: something can be
  // taken. What waits for another origin's page is gone.
  void connect(const std::string& origin,
               std::shared_ptr<const capabilities::Grants> grants,
               kj::Function<void()> wake);
  // It has ended: nobody listens, and events wait for the next one.
  void disconnect();

  // The page's wish. A name that is not in the registry or not granted is refused and not listened
  // to.
  struct Wish {
    std::vector<std::string> names;  // at most proto maxListening
    bool fresh = false;
    bool ready = false;
  };
  struct Refusal {
    std::size_t index;
    commands::Code code;
    std::string event;  // as registered, or empty
  };
  std::vector<Refusal> listen(const commands::Registry& registry, const Wish& wish);

  struct Waiting {
    const commands::Event* event;
    std::string payload;
  };
  struct Due {
    std::vector<Waiting> events;
    std::vector<std::pair<const commands::Event*, std::uint32_t>> dropped;
    bool empty() const { return events.empty() && dropped.empty(); }
  };
  // What the page listens to and may see now.
  Due takeDue();

  bool ready() const { return m_isReady; }
  // The page listens to it and may.
  bool isHeard(const commands::Event& event) const { return listensTo(event) && granted(event); }

  // For tests and figures.
  std::size_t waiting() const { return m_queue.size(); }
  std::size_t waitingBytes() const { return m_bytes; }

 private:
  using Listening = std::set<const commands::Event*>;

  bool granted(const commands::Event& event) const;
  bool listensTo(const commands::Event& event) const { return m_listening.contains(&event); }
  void push(const commands::Event& event, std::string payload);
  void replay(const commands::Event& event);
  std::list<Waiting>::iterator erase(std::list<Waiting>::iterator at);
  template <typename Condition>
  void eraseIf(const Condition& condition);
  void forget();
  void wake();

  EventHub& m_hub;
  const std::string m_window;
  std::string m_origin;
  std::shared_ptr<const capabilities::Grants> m_grants;
  kj::Function<void()> m_onReady;
  kj::Maybe<kj::Function<void()>> m_wake;

  Listening m_listening;
  bool m_isReady = false;  // the document's first listeners are there: nothing waits for others
  std::list<Waiting> m_queue;
  std::size_t m_bytes = 0;
  std::map<const commands::Event*, std::uint32_t> m_dropped;
  std::map<const commands::Event*, std::string> m_last;  // of sticky ones, to this window alone
};

}  // namespace sallyport::session
