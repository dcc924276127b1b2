// One registered command as the dispatcher sees it. Made by Module::add (module.h) from a typed
// handler; called by broker/session after the decision. Runs in the broker.
#pragma once

#include <kj/async.h>
#include <kj/function.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "broker/commands/error.h"
#include "broker/commands/large-bytes.h"
#include "capabilities/grants.h"

namespace sallyport::commands {

// Who calls, as the broker knows it from the socket; nothing here was sent by the renderer.
struct Caller {
  std::string window;  // label
  std::string origin;  // origin class: "app", or the name of one remote origin
  // What the grant that let this call in reaches, also when another policy holds by now. Null only
  // where no session is (tests).
  std::shared_ptr<const capabilities::Scope> scope{};
};

// One item of a Stream in its JSON form; absent: the end.
struct Item {
  std::optional<boost::json::value> value;
};

// A Stream (stream.h) of any type. next() is not called again before its promise resolved.
class Items {
 public:
  virtual ~Items() noexcept(false) = default;
  virtual kj::Promise<Result<Item>> next() = 0;
};

// What a handler answered: a value and its large bytes, or items for a command that streams.
struct Answer {
  boost::json::value value;
  kj::Own<Items> items{};
  Attachments downloads{};
};

using Reply = Result<Answer>;

// What happens to a running call when its window, deadline or caller goes away.
enum class OnAbandon { CANCEL, RUN_TO_END };

struct Command {
  std::string name;    // "cmd_get_balance"
  std::string module;  // "wallet"; the permission is "wallet:allow-get-balance"
  std::string doc;     // first sentence of the reference and of the TypeScript doc comment
  capabilities::CommandId id{};
  std::chrono::milliseconds deadline{30'000};
  OnAbandon onAbandon = OnAbandon::CANCEL;
  capabilities::ScopeKind scope = capabilities::ScopeKind::NONE;
  bool streams = false;  // answers with items, so a page opens a channel
  // Validates the arguments and runs the handler. Never throws for bad input: that is
  // INVALID_ARGUMENT. A kj::Exception out of it is our bug; the session turns it into INTERNAL.
  mutable kj::Function<kj::Promise<Reply>(
      const Caller&, const boost::json::object&, Attachments uploads)>
      run;
};

}  // namespace sallyport::commands
