// Modules and the registry: one add() makes a command that validates, runs and answers; what is
// wrong stops the start.
#include "broker/commands/module.h"

#include <doctest/doctest.h>
#include <kj/async.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "broker/commands/modules/core/core-module.h"
#include "broker/commands/naming.h"
#include "broker/commands/registry.h"

namespace {

using namespace sallyport::commands;

struct Greet {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name))

struct Greeting {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

namespace other {
struct Greeting {
  bool loud;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (loud))
}  // namespace other

class Greeter {
 public:
  Result<Greeting> now(const Caller& caller, Greet arguments) {
    ++calls;
    if (arguments.name.empty()) {
      return Error{Code::NOT_FOUND, "Nobody is there."};
    }
    return Greeting{"Hello " + arguments.name + " of " + caller.window};
  }
  kj::Promise<Result<std::string>> later(const Caller&, Greet arguments) const {
    return kj::Promise<void>(kj::READY_NOW)
        .then([name = std::move(arguments.name)]() -> Result<std::string> { return name; });
  }
  int calls = 0;
};

Result<Null> nothing(const Caller&, Greet) { return Null{}; }

std::vector<Module> listOf(Module first) {
  std::vector<Module> modules;
  modules.push_back(std::move(first));
  return modules;
}
std::vector<Module> listOf(Module first, Module second) {
  std::vector<Module> modules = listOf(std::move(first));
  modules.push_back(std::move(second));
  return modules;
}

std::string whatIsWrong(std::vector<Module> modules) {
  const auto registry = Registry::create(std::move(modules));
  return registry ? "nothing" : format(registry.error());
}

// The answer as JSON, or "code: message".
std::string call(const Registry& registry, std::string_view name, std::string_view arguments) {
  const Command* command = registry.find(name);
  REQUIRE(command != nullptr);
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  const Caller caller{"main", "app"};
  const Reply reply =
      command->run(caller, boost::json::parse(arguments).as_object(), {}).wait(scope);
  if (reply.has_error()) {
    return std::string(codeName(reply.error().code)) + ": " + reply.error().message;
  }
  return boost::json::serialize(reply->value);
}

TEST_CASE("a command validates its arguments, runs and answers") {
  Greeter greeter;
  Module module{"greetings", "Greets."};
  module.add("cmd_greet", "Greets someone.", greeter, &Greeter::now);
  module.add("cmd_greet_later", "Greets soon.", greeter, &Greeter::later);
  module.add("cmd_forget", "Forgets.", &nothing);
  const Registry registry = Registry::create(listOf(std::move(module))).value();
  CHECK(call(registry, "cmd_greet", R"({"name":"you"})") == R"({"text":"Hello you of main"})");
  CHECK(call(registry, "cmd_greet", R"({"name":""})") == "not-found: Nobody is there.");
  CHECK(call(registry, "cmd_greet_later", R"({"name":"you"})") == R"("you")");
  CHECK(call(registry, "cmd_forget", R"({"name":"you"})") == "null");
  CHECK(greeter.calls == 2);
}

TEST_CASE("a handler never sees arguments that are refused") {
  Greeter greeter;
  Module module{"greetings", "Greets."};
  module.add("cmd_greet", "Greets someone.", greeter, &Greeter::now);
  const Registry registry = Registry::create(listOf(std::move(module))).value();
  CHECK(call(registry, "cmd_greet", R"({"nam":"you"})") ==
        "invalid-argument: nam: unknown field; did you mean \"name\"?");
  CHECK(greeter.calls == 0);
}

TEST_CASE("commands get dense ids in order, and are found by their exact name") {
  Module first{"first", "One."};
  first.add("cmd_b", "B.", &nothing, {std::chrono::milliseconds(5), OnAbandon::RUN_TO_END});
  first.add("cmd_a", "A.", &nothing);
  Module second{"second", "Two."};
  second.add("cmd_c", "C.", &nothing);
  const Registry registry = Registry::create(listOf(std::move(first), std::move(second))).value();
  REQUIRE(registry.commands().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Command& command = registry.commands()[i].command;
    CHECK(static_cast<std::size_t>(command.id) == i);
    CHECK(registry.find(command.name) == &command);
  }
  CHECK(registry.find("cmd_b")->deadline == std::chrono::milliseconds(5));
  CHECK(registry.find("cmd_b")->onAbandon == OnAbandon::RUN_TO_END);
  CHECK(registry.find("cmd_a")->deadline == std::chrono::seconds(30));
  CHECK(registry.find("cmd_a")->onAbandon == OnAbandon::CANCEL);
  CHECK(registry.find("cmd_c")->module == "second");
  for (const char* wrong : {"", "cmd_", "cmd_aa", "CMD_A", "cmd_d", "a"}) {
    CHECK(registry.find(wrong) == nullptr);
  }
}

TEST_CASE("a second registration of a name is refused and names both modules") {
  Module first{"first", "One."};
  first.add("cmd_same", "Same.", &nothing);
  Module second{"second", "Two."};
  second.add("cmd_same", "Same.", &nothing);
  CHECK(whatIsWrong(listOf(std::move(first), std::move(second))) ==
        "`cmd_same` is registered twice: by module `first` and by module `second`");
  Module twice{"twice", "Two."};
  twice.add("cmd_same", "Same.", &nothing);
  twice.add("cmd_same", "Same.", &nothing);
  CHECK(whatIsWrong(listOf(std::move(twice))) ==
        "`cmd_same` is registered twice: by module `twice` and by module `twice`");
}

TEST_CASE("two modules of one name, bad names and empty docs are refused") {
  CHECK(whatIsWrong(listOf(Module{"same", "One."}, Module{"same", "Two."})) ==
        "two modules are called `same`");
  CHECK(whatIsWrong(listOf(Module{"Bad", "One."})) ==
        "the module name `Bad` is not words of a-z and 0-9 joined by `-`");
  Module module{"good", ""};
  module.add("get_balance", "Two\nlines.", &nothing);
  CHECK(whatIsWrong(listOf(std::move(module))) ==
        "the module `good` needs a doc of one line\n"
        "`get_balance` of module `good` is not a command name: cmd_ and words of a-z and 0-9, at "
        "most 64 bytes\n"
        "`get_balance` of module `good` needs a doc of one line");
}

TEST_CASE("two types of one name are refused, since the page has one namespace") {
  Module module{"greetings", "Greets."};
  module.add(
      "cmd_one", "One.", [](const Caller&, Greet) -> Result<Greeting> { return Greeting{}; });
  module.add("cmd_two", "Two.", [](const Caller&, Greet) -> Result<other::Greeting> {
    return other::Greeting{};
  });
  CHECK(whatIsWrong(listOf(std::move(module))) ==
        "`cmd_two` of module `greetings` brings a second type with the name `Greeting`");
}

TEST_CASE("a variant with a 64-bit integer is refused as an answer") {
  Module module{"big", "Big."};
  module.add(
      "cmd_big", "Big.", [](const Caller&, Greet) -> Result<std::variant<BigInt, std::string>> {
        return BigInt{1};
      });
  CHECK(
      whatIsWrong(listOf(std::move(module))) ==
      "`cmd_big` of module `big` sends a variant that holds a BigInt or Bytes, which a page cannot "
      "tell from a string");
}

TEST_CASE("events have ids behind the commands', and their emitters reach the sink") {
  struct Sink final : EventSink {
    void emit(const Event& event, std::string payload) override {
      seen += event.name + " " + payload + ";";
    }
    void emitTo(std::string_view window, const Event& event, std::string payload) override {
      seen += std::string(window) + ": " + event.name + " " + payload + ";";
    }
    std::string seen;
  } sink;
  Emitter<Greeting> greeted;
  Emitter<std::int32_t> counted;
  Module first{"first", "One."};
  first.addEvent("evt_greeted", "Somebody was greeted.", greeted, {Queueing::LATEST, true});
  Module second{"second", "Two."};
  second.add("cmd_c", "C.", &nothing);
  second.addEvent("evt_counted", "A count.", counted);
  counted.emit(1);  // nobody is there yet
  const Registry registry = Registry::create(listOf(std::move(first), std::move(second))).value();
  CHECK(static_cast<int>(registry.findEvent("evt_greeted")->id) == 1);
  CHECK(static_cast<int>(registry.findEvent("evt_counted")->id) == 2);
  CHECK(registry.rows() == 3);
  CHECK(registry.findEvent("evt_greeted")->options.sticky);
  for (const char* wrong : {"", "evt_", "cmd_c", "evt_count", "evt_z"}) {
    CHECK(registry.findEvent(wrong) == nullptr);
  }
  CHECK(registry.find("evt_counted") == nullptr);
  registry.connect(sink);
  counted.emit(2);
  counted.emitTo("main", 3);
  CHECK(sink.seen == "evt_counted 2;main: evt_counted 3;");
  const auto catalogue = registry.catalogueCommands();
  CHECK(catalogue.back().name == "evt_counted");
  CHECK(catalogue.back().module == "second");
}

TEST_CASE("what is wrong with an event stops the start") {
  Emitter<std::int32_t> one;
  Emitter<std::int32_t> two;
  Emitter<std::int32_t> three;
  Emitter<std::variant<BigInt, std::string>> big;
  Module first{"first", "One."};
  first.addEvent("evt_same", "Same.", one);
  Module second{"second", "Two."};
  second.add("cmd_on_done", "Done.", &nothing);
  second.addEvent("evt_same", "Same.", two);
  second.addEvent("evt_done", "Done.", three);
  second.addEvent("done", "", three);
  second.addEvent("evt_big", "Big.", big);
  CHECK(whatIsWrong(listOf(std::move(first), std::move(second))) ==
        "`evt_same` is registered twice: by module `first` and by module `second`\n"
        "`evt_done` and `cmd_on_done` would have the same name in TypeScript: `onDone`\n"
        "`done` of module `second` is not an event name: evt_ and words of a-z and 0-9, at most 64 "
        "bytes\n"
        "`done` of module `second` needs a doc of one line\n"
        "`done` and `evt_done` have the same emitter\n"
        "`evt_big` of module `second` sends a variant that holds a BigInt or Bytes, which a page "
        "cannot tell "
        "from a string");
}

TEST_CASE("names are words of small letters and digits") {
  for (const char* good : {"cmd_a", "cmd_get_balance", "cmd_p2tr_x9"}) {
    CHECK(isCommandName(good));
  }
  const std::string longest = "cmd_" + std::string(60, 'a');
  CHECK(isCommandName(longest));
  CHECK_FALSE(isCommandName(longest + "a"));
  for (const char* bad : {"",
                          "cmd",
                          "cmd_",
                          "cmd__a",
                          "cmd_a_",
                          "cmd_a__b",
                          "cmd_A",
                          "cmd_a-b",
                          "cmd_1",
                          "cmd_a_1",
                          "acmd_a",
                          "cmd_\xc3\xa9"}) {
    CHECK_FALSE(isCommandName(bad));
  }
  CHECK(functionName("cmd_get_balance") == "getBalance");
  CHECK(functionName("cmd_delete") == "deleteCommand");
  CHECK(kebabCase("TOO_LARGE") == "too-large");
}

TEST_CASE("every code has a name of its own") {
  std::vector<std::string_view> seen;
  for (int code = 0; code <= static_cast<int>(Code::LIMIT); ++code) {
    const std::string_view name = codeName(static_cast<Code>(code));
    CHECK(std::find(seen.begin(), seen.end(), name) == seen.end());
    seen.push_back(name);
  }
  CHECK(codeName(Code::INVALID_ARGUMENT) == "invalid-argument");
}

TEST_CASE("the client has every code, in the same order, and one of its own") {
  std::string codes;
  for (int code = 0; code <= static_cast<int>(Code::LIMIT); ++code)
    codes += "  \"" + std::string(codeName(static_cast<Code>(code))) + "\",\n";
  std::ifstream file(SALLYPORT_SOURCE_DIR "/web/api/src/error.ts");
  const std::string client(std::istreambuf_iterator<char>(file), {});
  CHECK(client.find("ERROR_CODES = [\n" + codes + "  \"disconnected\",\n] as const;") !=
        std::string::npos);
}

class PageStateStoreFake final : public core::PageStateStore {
 public:
  Result<Null> save(const Caller& caller, std::string state) override {
    saved.emplace_back(caller.window + "/" + caller.origin, std::move(state));
    return Null{};
  }
  std::vector<std::pair<std::string, std::string>> saved;
};

TEST_CASE("page state is saved for its own window and origin, up to 64 KiB") {
  PageStateStoreFake store;
  const Registry registry = Registry::create(listOf(core::makeModule(store))).value();
  CHECK(call(registry, "cmd_save_state", R"({"state":"{\"tab\":1}"})") == "null");
  REQUIRE(store.saved.size() == 1);
  CHECK(store.saved[0] == std::pair<std::string, std::string>("main/app", "{\"tab\":1}"));
  CHECK(call(registry, "cmd_save_state", "{\"state\":\"" + std::string(65'536, 'x') + "\"}") ==
        "null");
  CHECK(call(registry, "cmd_save_state", "{\"state\":\"" + std::string(65'537, 'x') + "\"}") ==
        "too-large: state: more than 65536 bytes");
  CHECK(call(registry, "cmd_save_state", R"({"state":{}})") ==
        "invalid-argument: state: expected a string, got an object");
  CHECK(store.saved.size() == 2);
  CHECK(registry.find("cmd_save_state")->onAbandon == OnAbandon::RUN_TO_END);
}

TEST_CASE("the shipped sets of registered modules are in the catalogue") {
  PageStateStoreFake store;
  const Registry withCore = Registry::create(listOf(core::makeModule(store))).value();
  const auto catalogue = withCore.catalogue();
  REQUIRE(catalogue.has_value());
  REQUIRE(catalogue->find("core:default") != nullptr);
  CHECK(catalogue->find("core:default")->allows ==
        std::vector{withCore.find("cmd_save_state")->id});
  const Registry empty = Registry::create({}).value();
  REQUIRE(empty.catalogue().has_value());
  CHECK(empty.catalogue()->find("core:default") == nullptr);
}

}  // namespace
