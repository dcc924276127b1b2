// A module: a named group of commands and events over described types. From one add() come argument
// validation, the JSON form, the permission pair and the TypeScript function. Runs in the broker.
#pragma once

#include <kj/async.h>

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/described.h"
#include "broker/commands/error.h"
#include "broker/commands/event.h"
#include "broker/commands/json-arguments.h"
#include "broker/commands/json-result.h"
#include "broker/commands/stream.h"
#include "broker/commands/type.h"

namespace sallyport::commands {

struct CommandOptions {
  std::chrono::milliseconds deadline{30'000};
  OnAbandon onAbandon = OnAbandon::CANCEL;
  // What its grants' `allow` and `deny` hold. The handler asks permitsPath() and the like
  // (capabilities/scope.h) of the caller's scope before it touches anything.
  capabilities::ScopeKind scope = capabilities::ScopeKind::NONE;
};

// What the reference and the bindings need to know about a command.
struct Signature {
  TypeOf arguments;  // a RECORD
  TypeOf result;     // of a command that streams: of one item
};

struct RegisteredCommand {
  Command command;
  Signature signature;
};

struct RegisteredEvent {
  Event event;
  TypeOf payload;
  EmitterBase* emitter;
};

namespace handler {

template <typename Answer>
struct AnswerTraits;
template <typename Value>
struct AnswerTraits<Result<Value>> {
  using Type = Value;
  static constexpr bool LATER = false;
};
template <typename Value>
struct AnswerTraits<kj::Promise<Result<Value>>> {
  using Type = Value;
  static constexpr bool LATER = true;
};

template <typename Function>
struct Traits : Traits<decltype(&Function::operator())> {};
template <typename Answer_, typename Arguments_>
struct Traits<Answer_ (*)(const Caller&, Arguments_)> {
  static_assert(std::is_same_v<Arguments_, std::decay_t<Arguments_>>,
                "a handler takes its arguments by value: it may outlive the call's text");
  using Answer = Answer_;
  using Arguments = Arguments_;
};
template <typename Object, typename Answer, typename Arguments>
struct Traits<Answer (Object::*)(const Caller&, Arguments)>
    : Traits<Answer (*)(const Caller&, Arguments)> {};
template <typename Object, typename Answer, typename Arguments>
struct Traits<Answer (Object::*)(const Caller&, Arguments) const>
    : Traits<Answer (*)(const Caller&, Arguments)> {};

// What is described of an answer: itself, or one item of it.
template <typename Value>
struct Written {
  using Type = Value;
};
template <typename T>
struct Written<Stream<T>> {
  using Type = T;
};

template <typename T>
class StreamItems final : public Items {
 public:
  explicit StreamItems(Stream<T>&& stream) : m_stream(std::move(stream)) {}

  kj::Promise<Result<Item>> next() override {
    return m_stream.next().then([](Result<std::optional<T>>&& item) -> Result<Item> {
      if (item.has_error()) {
        return item.error();
      }
      const std::optional<T>& value = *item;
      return value ? Item{writeResult(typeOf<T>(), &*value)} : Item{};
    });
  }

 private:
  Stream<T> m_stream;
};

template <typename Value>
Reply toReply(Result<Value>&& result) {
  if (result.has_error()) {
    return result.error();
  }
  if constexpr (IsStream<Value>::value) {
    return Answer{nullptr,
                  kj::heap<StreamItems<typename Written<Value>::Type>>(std::move(*result))};
  } else {
    Answer answer;
    answer.value = writeResult(typeOf<Value>(), &*result, &answer.downloads);
    return answer;
  }
}

// Command::run of a typed handler.
template <typename Handler>
kj::Promise<Reply> run(Handler& handler,
                       const Caller& caller,
                       const boost::json::object& json,
                       Attachments uploads) {
  using Arguments = typename Traits<Handler>::Arguments;
  using Answer = AnswerTraits<typename Traits<Handler>::Answer>;
  Arguments arguments{};
  if (std::optional<Error> refused =
          readArguments(typeOf<Arguments>(), json, &arguments, std::move(uploads))) {
    return Reply(std::move(*refused));
  }
  if constexpr (Answer::LATER) {
    return handler(caller, std::move(arguments)).then([](Result<typename Answer::Type>&& result) {
      return toReply(std::move(result));
    });
  } else {
    return toReply(handler(caller, std::move(arguments)));
  }
}

}  // namespace handler

class Module {
 public:
  // name: "wallet", as in wallet:allow-get-balance. doc: one sentence.
  Module(std::string name, std::string doc);

  // handler: Result<R> (const Caller&, Arguments) or kj::Promise<Result<R>> (const Caller&,
  // Arguments), where Arguments is a described struct; with R = Stream<T> the page gets a channel
  // of T. The Caller is valid until the handler returns: copy what a continuation needs. What is
  // wrong with a name or a doc is reported by Registry::create, with all else.
  template <typename Handler>
  void add(std::string name, std::string doc, Handler handler, CommandOptions options = {}) {
    using Traits = handler::Traits<Handler>;
    using Value = typename handler::AnswerTraits<typename Traits::Answer>::Type;
    static_assert(boost::describe::has_describe_members<typename Traits::Arguments>::value,
                  "the arguments of a command are a described struct");
    addErased(
        std::move(name),
        std::move(doc),
        [handler = std::move(handler)](
            const Caller& caller, const boost::json::object& json, Attachments uploads) mutable {
          return handler::run(handler, caller, json, std::move(uploads));
        },
        {&typeOf<typename Traits::Arguments>, &typeOf<typename handler::Written<Value>::Type>},
        IsStream<Value>::value,
        options);
  }

  // The same for a member function; the object must outlive the registry.
  template <typename Object, typename Member>
  requires std::is_member_function_pointer_v<Member>
  void add(std::string name,
           std::string doc,
           Object& object,
           Member member,
           CommandOptions options = {}) {
    using Arguments = typename handler::Traits<Member>::Arguments;
    add(
        std::move(name),
        std::move(doc),
        [&object, member](const Caller& caller, Arguments arguments) {
          return (object.*member)(caller, std::move(arguments));
        },
        options);
  }

  // An event of this module, sent with `emitter`: any described type, a struct where it may grow.
  template <typename Payload>
  void addEvent(std::string name,
                std::string doc,
                Emitter<Payload>& emitter,
                EventOptions options = {}) {
    m_events.push_back(
        {{std::move(name), m_name, std::move(doc), options, {}}, &typeOf<Payload>, &emitter});
  }

  const std::string& name() const { return m_name; }
  const std::string& doc() const { return m_doc; }

 private:
  friend class Registry;

  using Run =
      kj::Function<kj::Promise<Reply>(const Caller&, const boost::json::object&, Attachments)>;
  void addErased(std::string name,
                 std::string doc,
                 Run run,
                 Signature signature,
                 bool streams,
                 CommandOptions options);

  std::string m_name;
  std::string m_doc;
  std::vector<RegisteredCommand> m_commands;
  std::vector<RegisteredEvent> m_events;
};

}  // namespace sallyport::commands
