// Where every event goes that C++ code emits: to the queues of the windows that are there. Keeps
// the last value of sticky events for pages that come later. Runs in the broker; the payloads are
// the broker's own.
#pragma once

#include <kj/common.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "broker/commands/event.h"
#include "broker/session/journal.h"

namespace sallyport::session {

class WindowEvents;

class EventHub final : public commands::EventSink {
 public:
  explicit EventHub(SessionJournal& journal) : m_journal(journal) {}
  ~EventHub();
  KJ_DISALLOW_COPY(EventHub);

  // An event over proto maxEventPayloadBytes is a bug of who emits: it goes nowhere but into the
  // journal.
  void emit(const commands::Event& event, std::string payload) override;
  void emitTo(std::string_view window, const commands::Event& event, std::string payload) override;

 private:
  friend class WindowEvents;
  void enter(const std::string& window, WindowEvents& events);
  void leave(const std::string& window);
  const std::string* lastOf(const commands::Event& event) const;  // null when there was none
  bool tooLarge(const commands::Event& event, const std::string& payload);

  SessionJournal& m_journal;
  std::map<std::string, WindowEvents*, std::less<>> m_windows;  // by label
  std::map<capabilities::CommandId, std::string> m_last;        // of sticky ones, sent to all
};

}  // namespace sallyport::session
