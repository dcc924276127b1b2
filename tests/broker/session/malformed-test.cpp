// Calls whose parameters are broken on the wire: each method reads its own once, and what cannot be
// read ends the session as malformed, with nothing done.
#include <doctest/doctest.h>
#include <kj/debug.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "tests/broker/session/rpc-messages.h"
#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;

namespace {

enum class Breakage {
  BEYOND,     // a list that ends far behind the message
  WRONG_KIND  // a capability, where the schema has a text, a list or a struct
};

// One pointer of a struct, whatever the schema has there.
void breakPointer(capnp::AnyStruct::Builder of, unsigned at, Breakage how) {
  const std::uint64_t word =
      how == Breakage::BEYOND
          ? 1 | std::uint64_t{0x1fffff} << 2 | std::uint64_t{2} << 32 | std::uint64_t{8} << 35
          : 3;
  std::memcpy(of.getDataSection().end() + std::size_t{at} * sizeof(word), &word, sizeof(word));
}

// The parameters of a method: so many words of data, so many pointers, and the broken one.
struct Shape {
  std::uint16_t method;
  std::uint16_t data, pointers;
  unsigned broken;
};

constexpr Shape SHAPES[] = {{INVOKE, 0, 1, 0},
                            {ASSET, 1, 1, 0},
                            {LOG, 1, 1, 0},
                            {INVOKE_MANY, 0, 1, 0},
                            {CANCEL, 0, 1, 0},
                            {NAVIGATE, 0, 1, 0},
                            {CONNECT, 1, 1, 0},
                            {SEND, 1, 1, 0},
                            {OPEN, 1, 1, 0},
                            {CLOSE, 0, 1, 0},
                            {LISTEN, 1, 1, 0}};
// No pointers of their own; the parameters themselves can be something else.
constexpr std::uint16_t PLAIN[] = {RECEIVE, DISCONNECT, NEXT};

struct RawFixture : WindowFixture {
  void say(kj::Own<Wire> message) {
    const auto bytes = message->bytes();
    peer->write(bytes.begin(), bytes.size()).wait(io.waitScope);
    poll();
  }
  void attachRaw() {
    say(bootstrap(0));
    say(attach(1, VIA_BOOTSTRAP, 0));
    REQUIRE(journal.count("attached") == 1);
    REQUIRE_FALSE(reason());
  }
  void checkMalformed() {
    poll();
    REQUIRE(reason());
    CHECK(endReasonName(*reason()) == endReasonName(EndReason::MALFORMED));
    CHECK(handlers.calls == 0);
    CHECK(handlers.streams == 0);
    CHECK(journal.count("incident") == 0);
    CHECK(journal.count("page") == 0);
    CHECK(assets.asked.empty());
    CHECK(outside.asked.empty());
  }
};

}  // namespace

TEST_CASE("a broken pointer among the parameters of any method ends the session") {
  for (const Shape& shape : SHAPES) {
    for (const Breakage how : {Breakage::BEYOND, Breakage::WRONG_KIND}) {
      CAPTURE(shape.method);
      CAPTURE(static_cast<int>(how));
      RawFixture f;
      f.attachRaw();
      f.say(call(2, VIA_BOOTSTRAP, shape.method, [&](capnp::rpc::Call::Builder call) {
        breakPointer(call.getParams().getContent().initAsAnyStruct(shape.data, shape.pointers),
                     shape.broken,
                     how);
      }));
      f.checkMalformed();
    }
  }
}

TEST_CASE("a broken text inside a call or a list ends the session") {
  for (const Breakage how : {Breakage::BEYOND, Breakage::WRONG_KIND}) {
    for (const unsigned field : {0U, 1U}) {  // command, arguments
      CAPTURE(field);
      CAPTURE(static_cast<int>(how));
      for (const std::uint16_t method : {INVOKE, OPEN}) {
        CAPTURE(method);
        RawFixture f;
        f.attachRaw();
        f.say(call(2, VIA_BOOTSTRAP, method, [&](capnp::rpc::Call::Builder call) {
          auto params = call.getParams().getContent().initAsAnyStruct(method == OPEN ? 1 : 0, 1);
          breakPointer(params.getPointerSection()[0].initAsAnyStruct(1, 2), field, how);
        }));
        f.checkMalformed();
      }
      RawFixture batch;
      batch.attachRaw();
      batch.say(call(2, VIA_BOOTSTRAP, INVOKE_MANY, [&](capnp::rpc::Call::Builder call) {
        auto params = call.getParams().getContent().initAsAnyStruct(0, 1);
        auto calls = params.getPointerSection()[0].initAsListOfAnyStruct(1, 2, 1);
        breakPointer(calls[0], field, how);
      }));
      batch.checkMalformed();
    }
    RawFixture names;
    names.attachRaw();
    names.say(call(2, VIA_BOOTSTRAP, LISTEN, [&](capnp::rpc::Call::Builder call) {
      auto params = call.getParams().getContent().initAsAnyStruct(1, 1);
      // A list of structs of one pointer is read as a list of texts.
      auto list = params.getPointerSection()[0].initAsListOfAnyStruct(0, 1, 1);
      breakPointer(list[0], 0, how);
    }));
    names.checkMalformed();
  }
}

TEST_CASE("parameters that are no struct at all end the session, of every method") {
  std::vector<std::uint16_t> methods(std::begin(PLAIN), std::end(PLAIN));
  for (const Shape& shape : SHAPES) methods.push_back(shape.method);
  for (const std::uint16_t method : methods) {
    CAPTURE(method);
    RawFixture f;
    f.attachRaw();
    f.say(call(2, VIA_BOOTSTRAP, method, [](capnp::rpc::Call::Builder call) {
      call.getParams().getContent().initAs<capnp::Data>(64);
    }));
    f.checkMalformed();
  }
}

TEST_CASE("an answer to a call of ours that fails in a way nobody can read ends the session") {
  for (const unsigned pointer : {0U, 1U}) {  // why, and where
    for (const Breakage how : {Breakage::BEYOND, Breakage::WRONG_KIND}) {
      CAPTURE(pointer);
      CAPTURE(static_cast<int>(how));
      RawFixture f;
      f.attachRaw();
      const auto load = f.connection->load("app://test/index.html");
      f.poll();
      f.say(wire([&](capnp::rpc::Message::Builder message) {
        auto answer = message.initReturn();
        answer.setAnswerId(0);
        breakPointer(capnp::toAny(answer.initException()), pointer, how);
      }));
      f.checkMalformed();
    }
  }
}

TEST_CASE("an attach whose parameters are broken attaches nothing") {
  for (const Breakage how : {Breakage::BEYOND, Breakage::WRONG_KIND}) {
    CAPTURE(static_cast<int>(how));
    RawFixture f;
    f.say(bootstrap(0));
    f.say(call(1, VIA_BOOTSTRAP, ATTACH, [&](capnp::rpc::Call::Builder call) {
      hostCapabilities(call, 0, 1);
      auto params = call.getParams().getContent().initAsAnyStruct(1, 2);
      params.getDataSection()[0] = 1;                 // protocol
      breakPointer(params, 0, Breakage::WRONG_KIND);  // the control, as it has to be
      breakPointer(params, 1, how);                   // the engine's text
    }));
    f.checkMalformed();
    CHECK(f.journal.count("attached") == 0);
  }
}
