// The one way from a renderer's call to a command: budget, decision, arguments, handler, deadline,
// result. What it refuses it refuses with a type and the session lives on. Runs in the broker; the
// name and the arguments are hostile.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/registry.h"
#include "broker/session/journal.h"
#include "broker/session/running-commands.h"
#include "capabilities/grants.h"

namespace sallyport::session {

struct Refusal {
  commands::Code code;
  std::string message;
  std::string command;   // as registered, or empty
  std::string incident;  // for INTERNAL
};

// What a value's large bytes are to the renderer (Downloads).
struct OpenDownload {
  std::uint64_t number;
  std::uint64_t bytes;
};

// JSON text, or the items of a channel, or why there is none.
struct Settled {
  std::string value;
  std::optional<Refusal> refusal;
  kj::Own<commands::Items> items{};
  // Of the value; they count as a running call of their command as long as they live.
  commands::Attachments attachments{};
  // Set with attachments; the scope is that by which the command was called.
  const commands::Command* command = nullptr;
  std::shared_ptr<const capabilities::Scope> scope{};
  std::vector<OpenDownload> downloads{};  // what Downloads made of the attachments
};

// One step of a channel: an item's JSON text, or its end, with a reason or without.
struct Step {
  std::optional<std::string> item;
  std::optional<Refusal> refusal;
};

class Dispatcher {
 public:
  // References are shared by all windows and must outlive the dispatcher.
  Dispatcher(const commands::Registry& registry,
             commands::Caller caller,
             std::shared_ptr<const capabilities::Grants> grants,
             kj::Timer& timer,
             SessionJournal& journal,
             RunningCommands& running);
  KJ_DISALLOW_COPY(Dispatcher);

  // Before a call of a batch is queued: why it is refused at once, if it is. open: calls without an
  // outcome; waitingBytes: names and arguments of those not started, this one's included.
  struct Load {
    std::size_t open;
    std::size_t waitingBytes;
  };
  std::optional<Settled> overload(Load load, bool journal);

  // What the caller has a place for.
  enum class Wants { VALUE, CHANNEL };
  // Settles exactly once; never rejects. Dropping the promise cancels the command, or lets it run
  // to its end where it says so. The texts need not outlive the call. uploads: of the arguments; no
  // value when too many are open. Items count as a running call of their command as long as they
  // live.
  kj::Promise<Settled> dispatch(
      std::string_view command,
      std::string_view arguments,
      std::optional<commands::Attachments> uploads = commands::Attachments{},
      Wants wants = Wants::VALUE);

  // The next item of a channel that dispatch() gave. Never rejects.
  kj::Promise<Step> step(const commands::Command& command, commands::Items& items);

  // Null when there is none of this name.
  const commands::Command* find(std::string_view name) const;
  // What the grant that holds now reaches; keeps its policy. Null without a grant.
  std::shared_ptr<const capabilities::Scope> scopeOf(const commands::Command& command) const;
  // The command is granted, and reaches what `scope` says.
  bool stillReaches(const commands::Command& command,
                    const std::shared_ptr<const capabilities::Scope>& scope) const;
  Refusal denied(const commands::Command& command);
  // What a handler's own promise came to, items and sources included.
  Refusal failed(const commands::Command& command, const commands::Error& error);
  Refusal internal(const commands::Command& command, std::string_view detail);

  // For the next calls, and for those that run: one that may be cancelled and is no longer allowed
  // settles as DENIED and is dropped; one that runs to its end does so, and its caller learns the
  // outcome. A scope that became narrower, and limits, hold from the next call on; a channel ends
  // with its scope (channels.h). Counters of limits are kept.
  void setGrants(std::shared_ptr<const capabilities::Grants> grants);

 private:
  // What one command of this window has used of its limits. Shared with calls that outlive the
  // window.
  struct Usage {
    std::uint32_t running = 0;
    std::deque<kj::TimePoint> lastMinute;
    std::list<kj::Own<kj::PromiseFulfiller<commands::Reply>>> cancellable;  // that run
  };
  class Running;

  Refusal refuse(const commands::Command* command, commands::Code code, std::string message);
  bool overRate(Usage& usage, const capabilities::Limits& limits);
  kj::Promise<commands::Reply> run(const commands::Command& command,
                                   commands::Caller caller,
                                   boost::json::object arguments,
                                   commands::Attachments uploads,
                                   std::shared_ptr<Usage> usage);
  kj::Promise<commands::Reply> cancellable(kj::Promise<commands::Reply> reply,
                                           std::shared_ptr<Usage> usage);
  Settled settle(const commands::Command& command,
                 commands::Reply reply,
                 std::shared_ptr<Usage> usage);

  const commands::Registry& m_registry;
  const commands::Caller m_caller;
  std::shared_ptr<const capabilities::Grants> m_grants;
  kj::Timer& m_timer;
  SessionJournal& m_journal;
  RunningCommands& m_running;
  std::unordered_map<std::uint32_t, std::shared_ptr<Usage>> m_usage;  // by command id
};

}  // namespace sallyport::session
