// One declared event, and what C++ code holds to send it. Made by Module::addEvent (module.h);
// carried by broker/session, which asks the policy for every window. Runs in the broker.
#pragma once

#include <kj/common.h>

#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

#include "broker/commands/described.h"
#include "broker/commands/json-result.h"
#include "broker/commands/type.h"
#include "capabilities/grants.h"

namespace sallyport::commands {

// What stays in a window's queue while its page does not take it.
enum class Queueing {
  EACH,   // every one, in order
  LATEST  // the last one only: it says all that the former ones said
};

struct EventOptions {
  Queueing queueing = Queueing::EACH;
  // A page that begins to listen is told the last one again. For states, never for things to do.
  bool sticky = false;
};

struct Event {
  std::string name;    // "evt_balance_changed"
  std::string module;  // "wallet"; the permission is "wallet:allow-on-balance-changed"
  std::string doc;     // first sentence of the TypeScript doc comment
  EventOptions options;
  capabilities::CommandId id{};  // its row in the policy's tables, behind the commands
};

// Where emitted events go; broker/session's EventHub. payload: JSON.
class EventSink {
 public:
  virtual void emit(const Event& event, std::string payload) = 0;
  virtual void emitTo(std::string_view window, const Event& event, std::string payload) = 0;

 protected:
  ~EventSink() = default;
};

class EmitterBase {
 public:
  EmitterBase() = default;
  // Null until Registry::connect().
  const Event* event() const { return m_event; }
  KJ_DISALLOW_COPY(EmitterBase);

 protected:
  ~EmitterBase() = default;

  EventSink* m_sink = nullptr;
  const Event* m_event = nullptr;

 private:
  friend class Registry;
};

// A member of the service whose event it is; must outlive the registry. Until Registry::connect()
// there is no window, and what is emitted is gone. Not for other threads than the broker's loop.
template <typename Payload>
class Emitter final : public EmitterBase {
 public:
  // To every window that is granted the event and listens to it.
  void emit(const Payload& payload) {
    if (m_sink != nullptr) m_sink->emit(*m_event, text(payload));
  }
  // To this window and to nobody else, under the same condition.
  void emitTo(std::string_view window, const Payload& payload) {
    if (m_sink != nullptr) m_sink->emitTo(window, *m_event, text(payload));
  }

 private:
  static std::string text(const Payload& payload) {
    return boost::json::serialize(writeResult(typeOf<Payload>(), &payload));
  }
};

}  // namespace sallyport::commands
