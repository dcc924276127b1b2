// The broker's own account of one renderer's RPC connection: open questions, unfinished answers,
// capabilities each way. A message that does not fit the account, the bounds or the schema is a
// breach and is never given to the RPC system. Pure: no I/O, no clock. Runs in the broker; trusts
// nothing inbound.
#pragma once

#include <capnp/rpc.capnp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/session/end-reason.h"

namespace sallyport::session {

class Ledger {
 public:
  Ledger();

  // Judges one message of the renderer and books it. A value is a breach. May throw kj::Exception
  // when the message's pointers are broken, which the caller takes as MALFORMED.
  std::optional<EndReason> inbound(capnp::rpc::Message::Reader message);

  // What the guard does with one message of our RPC system.
  enum class Outbound {
    PASS,
    DROP,         // carries nothing that the renderer may see
    MASK_RETURN,  // a Return with an exception: send it with a fixed text
  };
  struct Verdict {
    Outbound action = Outbound::PASS;
    std::optional<EndReason> breach;
  };
  Verdict outbound(capnp::rpc::Message::Reader message, std::size_t bytes);

  std::size_t openQuestions() const { return m_open; }
  std::size_t unfinishedBytes() const { return m_unfinishedBytes; }
  std::size_t rendererCapabilities() const { return m_imports.size(); }

  // Booked for each answer that waits for its Finish, on top of the size of its message.
  static constexpr std::size_t ANSWER_OVERHEAD_BYTES = 1024;
  // Calls of ours that a renderer may leave without a Return.
  static constexpr std::size_t MAX_CONTROL_CALLS = 64;

 private:
  struct Answer {
    bool holdsCapabilities = false;  // may be the target of a pipelined call
    bool returned = false;
    bool finished = false;
    bool releaseResults = false;  // as said by the Finish
    std::size_t booked = 0;
    std::vector<std::uint32_t> exports;  // of the results; one reference each
  };
  struct Import {
    std::uint64_t references = 0;
    bool promise = false;
  };
  struct ControlCall {
    bool finished = false;
    std::vector<std::uint32_t> exports;  // of the parameters
  };

  std::optional<EndReason> bootstrap(capnp::rpc::Bootstrap::Reader bootstrap);
  std::optional<EndReason> call(capnp::rpc::Call::Reader call);
  std::optional<EndReason> returned(capnp::rpc::Return::Reader ret);
  std::optional<EndReason> finish(capnp::rpc::Finish::Reader finish);
  std::optional<EndReason> resolve(capnp::rpc::Resolve::Reader resolve);
  std::optional<EndReason> release(capnp::rpc::Release::Reader release);
  std::optional<EndReason> disembargo(capnp::rpc::Disembargo::Reader disembargo);

  std::optional<EndReason> openQuestion(std::uint32_t id, bool holdsCapabilities);
  std::optional<EndReason> target(capnp::rpc::MessageTarget::Reader target) const;
  std::optional<EndReason> promisedAnswer(capnp::rpc::PromisedAnswer::Reader answer) const;
  std::optional<EndReason> capabilities(capnp::rpc::Payload::Reader payload);
  std::optional<EndReason> capability(capnp::rpc::CapDescriptor::Reader descriptor);

  Verdict answered(capnp::rpc::Return::Reader ret, std::size_t bytes);
  void bookExports(capnp::rpc::Payload::Reader payload, std::vector<std::uint32_t>* to);
  void bookExport(capnp::rpc::CapDescriptor::Reader descriptor, std::vector<std::uint32_t>* to);
  // Takes one reference to each back. A breach when the renderer had given one back before.
  std::optional<EndReason> dropExports(const std::vector<std::uint32_t>& ids);

  std::uint64_t m_interface;
  std::uint16_t m_methods;
  bool m_bootstrapped = false;
  std::size_t m_open = 0;
  std::size_t m_unfinishedBytes = 0;
  std::unordered_map<std::uint32_t, Answer> m_answers;  // by the renderer's question id
  std::unordered_map<std::uint32_t, ControlCall>
      m_controlCalls;  // by our question id, until the Return
  std::unordered_map<std::uint32_t, std::uint64_t> m_exports;  // references that the renderer holds
  std::unordered_map<std::uint32_t, Import> m_imports;  // objects in the renderer that we hold
  std::unordered_set<std::uint32_t> m_embargoes;
  // Answers that needed no Finish: one may be under way all the same (Cap'n Proto 1.x).
  std::array<std::uint32_t, 256> m_settled;
  std::size_t m_settledCount = 0;
};

}  // namespace sallyport::session
