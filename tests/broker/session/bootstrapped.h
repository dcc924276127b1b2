// The account of one connection just after its bootstrap, fed with messages by hand.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/session/ledger.h"
#include "tests/broker/session/rpc-messages.h"

namespace sallyport::session::tests {

inline constexpr std::uint32_t EXPORT = 7;  // the id under which our side exports the session

// A ledger after the bootstrap: question 0 answered with the session object.
struct Bootstrapped {
  Bootstrapped() {
    REQUIRE_FALSE(in(*bootstrap(0)));
    REQUIRE_FALSE(out(*answerWithSession(0)).breach);
  }
  static kj::Own<Wire> answerWithSession(std::uint32_t id) {
    return wire([&](Message::Builder m) {
      auto ret = m.initReturn();
      ret.setAnswerId(id);
      ret.initResults().initCapTable(1)[0].setSenderHosted(EXPORT);
    });
  }
  std::optional<EndReason> in(Wire& message) { return ledger.inbound(message.reader()); }
  Ledger::Verdict out(Wire& message, std::size_t bytes = 64) {
    return ledger.outbound(message.reader(), bytes);
  }
  // Our own call to the renderer.
  void ask(std::uint32_t id) { REQUIRE_FALSE(out(*call(id, 0, 2)).breach); }

  Ledger ledger;
};

}  // namespace sallyport::session::tests
