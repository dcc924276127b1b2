// Read overload() and dispatch() first: they are the table of what may happen to a call. The rate
// of calls is the guard's: over it nothing is read. Runs in the broker.
#include "broker/session/dispatcher.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "broker/commands/json-arguments.h"
#include "broker/session/incident.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

using capabilities::Verdict;
using commands::Code;
using commands::Command;
using commands::Reply;

namespace {

bool sameTexts(const std::vector<capabilities::ScopeEntry>& one,
               const std::vector<capabilities::ScopeEntry>& other) {
  return std::equal(
      one.begin(), one.end(), other.begin(), other.end(), [](const auto& left, const auto& right) {
        return left.text == right.text;
      });
}

}  // namespace

Dispatcher::Dispatcher(const commands::Registry& registry,
                       commands::Caller caller,
                       std::shared_ptr<const capabilities::Grants> grants,
                       kj::Timer& timer,
                       SessionJournal& journal,
                       RunningCommands& running)
    : m_registry(registry),
      m_caller(std::move(caller)),
      m_grants(std::move(grants)),
      m_timer(timer),
      m_journal(journal),
      m_running(running) {}

// 0. The room, for a call that came as one of many: it may have to wait for its turn.
std::optional<Settled> Dispatcher::overload(Load load, bool journal) {
  if (load.open < proto::MAX_OPEN_CALLS && load.waitingBytes <= proto::MAX_WAITING_CALL_BYTES) {
    return std::nullopt;
  }
  if (journal) m_journal.refused(m_caller.window, "", Code::RATE_LIMITED);
  return Settled{{}, Refusal{Code::RATE_LIMITED, "Too many calls are open.", {}, {}}};
}

// One call or channel of a command, as long as it lives.
class Dispatcher::Running {
 public:
  explicit Running(std::shared_ptr<Usage> usage) : m_usage(std::move(usage)) { ++m_usage->running; }
  ~Running() { --m_usage->running; }
  KJ_DISALLOW_COPY(Running);

 private:
  std::shared_ptr<Usage> m_usage;
};

kj::Promise<Settled> Dispatcher::dispatch(std::string_view name,
                                          std::string_view arguments,
                                          std::optional<commands::Attachments> uploads,
                                          Wants wants) {
  const auto no = [&](const Command* command, Code code, std::string message) {
    return Settled{{}, refuse(command, code, std::move(message))};
  };

  // 1. The name.
  const Command* command = find(name);
  if (command == nullptr) return no(nullptr, Code::UNKNOWN_COMMAND, "There is no such command.");

  // 2. The size that no grant may exceed.
  if (arguments.size() > proto::MAX_ARGUMENT_BYTES) {
    return no(command, Code::TOO_LARGE, "The arguments are too large.");
  }
  if (!uploads) return no(command, Code::RATE_LIMITED, "Too many uploads are open.");
  if (uploads->size() > proto::MAX_UPLOADS_PER_CALL) {
    return no(command, Code::TOO_LARGE, "The call has too many uploads.");
  }
  std::uint64_t bytes = arguments.size();
  for (const commands::LargeBytes& upload : *uploads) {
    // No sum of numbers that a renderer chose before each of them is known to be small.
    if (upload.size > proto::MAX_TRANSFER_BYTES ||
        (bytes += upload.size) > proto::MAX_TRANSFER_BYTES + arguments.size()) {
      return no(command, Code::TOO_LARGE, "The bytes of the call are too large.");
    }
  }

  // 3. The decision.
  const capabilities::Decision decision = capabilities::decide(*m_grants, command->id);
  if (decision.verdict != Verdict::ALLOWED) return Settled{{}, denied(*command)};

  // 4. What it answers with, and the limits of the grant.
  if (command->streams != (wants == Wants::CHANNEL)) {
    return no(command,
              Code::INVALID_ARGUMENT,
              command->streams ? "This command answers with a channel."
                               : "This command does not answer with a channel.");
  }
  const capabilities::Limits& limits = decision.grant->limits;
  std::shared_ptr<Usage>& usage = m_usage[static_cast<std::uint32_t>(command->id)];
  if (!usage) usage = std::make_shared<Usage>();
  if (limits.maxBytes && bytes > *limits.maxBytes) {
    return no(
        command, Code::TOO_LARGE, "The arguments are larger than this window's grant allows.");
  }
  if (limits.concurrent && usage->running >= *limits.concurrent) {
    return no(command, Code::RATE_LIMITED, "Too many calls of this command are running.");
  }
  if (overRate(*usage, limits)) {
    return no(command, Code::RATE_LIMITED, "This command was called too often.");
  }

  // 5. The arguments as JSON; their types are the command's own first step.
  commands::Result<boost::json::object> parsed = commands::parseArguments(arguments);
  if (parsed.has_error()) return no(command, parsed.error().code, parsed.error().message);

  // 6. The handler, its deadline, its result.
  commands::Caller caller = m_caller;
  caller.scope = {m_grants, &decision.grant->scope};
  auto scope = caller.scope;
  return run(*command, std::move(caller), std::move(*parsed), std::move(*uploads), usage)
      .then([this, command, usage, scope = std::move(scope)](Reply reply) {
        Settled settled = settle(*command, std::move(reply), usage);
        settled.scope = scope;
        return settled;
      })
      .catch_([this, command](kj::Exception&& exception) {
        return Settled{{}, internal(*command, describe(exception))};
      });
}

void Dispatcher::setGrants(std::shared_ptr<const capabilities::Grants> grants) {
  m_grants = kj::mv(grants);
  for (auto& [id, usage] : m_usage) {
    if (usage->cancellable.empty()) continue;
    const auto command = static_cast<capabilities::CommandId>(id);
    if (capabilities::decide(*m_grants, command).verdict == Verdict::ALLOWED) continue;
    const std::string& name = m_registry.commands()[id].command.name;
    // Each takes itself out of the list, in a later turn.
    for (auto& call : usage->cancellable) {
      if (!call->isWaiting()) continue;
      m_journal.refused(m_caller.window, name, Code::DENIED);
      call->fulfill(
          commands::Error{Code::DENIED, "This window may not use this command any longer."});
    }
  }
}

bool Dispatcher::overRate(Usage& usage, const capabilities::Limits& limits) {
  if (!limits.perMinute) return false;
  const kj::TimePoint now = m_timer.now();
  while (!usage.lastMinute.empty() && now - usage.lastMinute.front() >= 1 * kj::MINUTES) {
    usage.lastMinute.pop_front();
  }
  if (usage.lastMinute.size() >= *limits.perMinute) return true;
  usage.lastMinute.push_back(now);
  return false;
}

kj::Promise<Reply> Dispatcher::run(const Command& command,
                                   commands::Caller caller,
                                   boost::json::object arguments,
                                   commands::Attachments uploads,
                                   std::shared_ptr<Usage> usage) {
  // Everything that the handler may look at lives as long as its promise, which may be longer than
  // ours.
  struct Call {
    Call(commands::Caller caller, boost::json::object arguments, std::shared_ptr<Usage> usage)
        : caller(std::move(caller)), arguments(std::move(arguments)), running(std::move(usage)) {}

    commands::Caller caller;
    boost::json::object arguments;
    Running running;
  };
  auto call = kj::heap<Call>(std::move(caller), std::move(arguments), usage);
  Call& held = *call;
  kj::Promise<Reply> reply = kj::evalNow([&] {
                               return command.run(held.caller, held.arguments, std::move(uploads));
                             }).attach(kj::mv(call));

  if (command.onAbandon == commands::OnAbandon::RUN_TO_END) {
    auto paf = kj::newPromiseAndFulfiller<Reply>();
    auto fulfiller = kj::heap(kj::mv(paf.fulfiller));
    auto& outcome = **fulfiller;
    // A failure after the window went is still an incident, so it is not swallowed here.
    m_running.add(reply
                      .then([&outcome](Reply value) { outcome.fulfill(std::move(value)); },
                            [&outcome](kj::Exception&& exception) {
                              if (!outcome.isWaiting()) kj::throwFatalException(kj::mv(exception));
                              outcome.reject(kj::mv(exception));
                            })
                      .attach(kj::mv(fulfiller)));
    reply = kj::mv(paf.promise);
  } else {
    reply = cancellable(kj::mv(reply), std::move(usage));
  }

  const auto deadline = command.deadline.count() * kj::MILLISECONDS;
  return reply.exclusiveJoin(m_timer.afterDelay(deadline).then([] {
    return Reply(commands::Error{Code::DEADLINE, "The command took too long."});
  }));
}

// Until it is settled or dropped, setGrants() can end it.
kj::Promise<Reply> Dispatcher::cancellable(kj::Promise<Reply> reply, std::shared_ptr<Usage> usage) {
  auto paf = kj::newPromiseAndFulfiller<Reply>();
  auto& list = usage->cancellable;
  const auto entry = list.insert(list.end(), kj::mv(paf.fulfiller));
  return reply.exclusiveJoin(kj::mv(paf.promise))
      .attach(kj::defer([usage = std::move(usage), entry] { usage->cancellable.erase(entry); }));
}

Settled Dispatcher::settle(const Command& command, Reply reply, std::shared_ptr<Usage> usage) {
  if (reply.has_error()) return {{}, failed(command, reply.error())};
  if (reply->items.get() != nullptr) {
    return {"null", std::nullopt, reply->items.attach(kj::heap<Running>(std::move(usage)))};
  }
  std::string value = boost::json::serialize(reply->value);
  if (value.size() > proto::MAX_RESULT_BYTES) {
    return {{}, refuse(&command, Code::TOO_LARGE, "The result is too large.")};
  }
  Settled settled{std::move(value), std::nullopt};
  if (reply->downloads.empty()) return settled;
  const auto running = std::make_shared<Running>(std::move(usage));
  for (commands::LargeBytes& bytes : reply->downloads) {
    if (bytes.size > proto::MAX_TRANSFER_BYTES) {
      return {{}, refuse(&command, Code::TOO_LARGE, "The result is too large.")};
    }
    // One pointer that holds both.
    struct Counted {
      std::shared_ptr<Running> running;
      std::shared_ptr<commands::ByteSource> source;
    };
    auto counted = std::make_shared<Counted>(Counted{running, std::move(bytes.source)});
    commands::ByteSource* source = counted->source.get();
    settled.attachments.push_back({bytes.size, {std::move(counted), source}});
  }
  settled.command = &command;
  return settled;
}

kj::Promise<Step> Dispatcher::step(const Command& command, commands::Items& items) {
  return kj::evalNow([&] { return items.next(); })
      .then([this, &command](commands::Result<commands::Item> item) -> Step {
        if (item.has_error()) return {{}, failed(command, item.error())};
        if (!item->value) return {};
        std::string text = boost::json::serialize(*item->value);
        if (text.size() > proto::MAX_CHANNEL_ITEM_BYTES) {
          return {{}, refuse(&command, Code::TOO_LARGE, "An item of the channel is too large.")};
        }
        return {std::move(text), std::nullopt};
      })
      .catch_([this, &command](kj::Exception&& exception) -> Step {
        return {{}, internal(command, describe(exception))};
      });
}

const Command* Dispatcher::find(std::string_view name) const {
  return name.size() <= proto::MAX_COMMAND_NAME_BYTES ? m_registry.find(name) : nullptr;
}

std::shared_ptr<const capabilities::Scope> Dispatcher::scopeOf(const Command& command) const {
  const capabilities::Decision decision = capabilities::decide(*m_grants, command.id);
  if (decision.verdict != Verdict::ALLOWED) return nullptr;
  return {m_grants, &decision.grant->scope};
}

bool Dispatcher::stillReaches(const Command& command,
                              const std::shared_ptr<const capabilities::Scope>& scope) const {
  const auto now = scopeOf(command);
  return now && sameTexts(now->allow, scope->allow) && sameTexts(now->deny, scope->deny);
}

Refusal Dispatcher::denied(const Command& command) {
  return refuse(&command, Code::DENIED, "This window may not use this command.");
}

// What a handler or its items said.
Refusal Dispatcher::failed(const Command& command, const commands::Error& error) {
  if (error.code == Code::INTERNAL) return internal(command, error.message);
  return {error.code, error.message, command.name, {}};
}

Refusal Dispatcher::refuse(const Command* command, Code code, std::string message) {
  std::string name = command == nullptr ? std::string() : command->name;
  m_journal.refused(m_caller.window, name, code);
  return {code, std::move(message), std::move(name), {}};
}

Refusal Dispatcher::internal(const Command& command, std::string_view detail) {
  std::string incident = newIncident();
  m_journal.incident(m_caller.window, command.name, incident, detail);
  return {
      Code::INTERNAL, "The command failed inside the broker.", command.name, std::move(incident)};
}

}  // namespace sallyport::session
