// Inbound first, in the order of the tags; then what our own RPC system sends. Runs in the broker.
#include "broker/session/ledger.h"

#include <capnp/schema.h>

#include <algorithm>

#include "proto/session.capnp.h"

namespace sallyport::session {
namespace {

using capnp::rpc::CapDescriptor;
using capnp::rpc::Message;
using capnp::rpc::MessageTarget;
using capnp::rpc::Return;

constexpr std::uint8_t NO_DESCRIPTOR = 0xff;  // CapDescriptor.attachedFd: none

// Fields that exist from Cap'n Proto 1.0 on.
bool finishNeeded([[maybe_unused]] Return::Reader ret) {
#if CAPNP_VERSION_MAJOR >= 1
  return !ret.getNoFinishNeeded();
#else
  return true;
#endif
}

// Reads what the RPC system reads of it, so that what cannot be read is found before it.
void readException(capnp::rpc::Exception::Reader exception) {
  static_cast<void>(exception.getReason());
  static_cast<void>(exception.getTrace());
}

bool isPipelineOnly([[maybe_unused]] capnp::rpc::Call::Reader call) {
#if CAPNP_VERSION_MAJOR >= 1
  return call.getOnlyPromisePipeline();
#else
  return false;
#endif
}

}  // namespace

Ledger::Ledger()
    : m_interface(capnp::typeId<proto::Session>()),
      m_methods(
          static_cast<std::uint16_t>(capnp::Schema::from<proto::Session>().getMethods().size())) {}

std::optional<EndReason> Ledger::inbound(Message::Reader message) {
  switch (message.which()) {
    case Message::BOOTSTRAP:
      return bootstrap(message.getBootstrap());
    case Message::CALL:
      return call(message.getCall());
    case Message::RETURN:
      return returned(message.getReturn());
    case Message::FINISH:
      return finish(message.getFinish());
    case Message::RESOLVE:
      return resolve(message.getResolve());
    case Message::RELEASE:
      return release(message.getRelease());
    case Message::DISEMBARGO:
      return disembargo(message.getDisembargo());
    case Message::ABORT:
      return EndReason::PEER_ABORTED;
    default:
      return EndReason::FORBIDDEN_TAG;
  }
}

std::optional<EndReason> Ledger::bootstrap(capnp::rpc::Bootstrap::Reader bootstrap) {
  if (m_bootstrapped) return EndReason::BOOTSTRAP_TWICE;
  if (bootstrap.hasDeprecatedObjectId()) return EndReason::UNKNOWN_TARGET;
  m_bootstrapped = true;
  return openQuestion(bootstrap.getQuestionId(), true);
}

std::optional<EndReason> Ledger::call(capnp::rpc::Call::Reader call) {
  if (auto breach = target(call.getTarget())) return breach;
  if (call.getInterfaceId() != m_interface || call.getMethodId() >= m_methods) {
    return EndReason::UNKNOWN_METHOD;
  }
  // Tail calls between two parties and calls without an answer: nothing in the schema needs them.
  if (!call.getSendResultsTo().isCaller() || call.getAllowThirdPartyTailCall() ||
      isPipelineOnly(call)) {
    return EndReason::UNKNOWN_METHOD;
  }
  if (auto breach = capabilities(call.getParams())) return breach;
  // No method of Session answers with an object, so nothing can be pipelined on a call.
  return openQuestion(call.getQuestionId(), false);
}

std::optional<EndReason> Ledger::openQuestion(std::uint32_t id, bool holdsCapabilities) {
  Answer answer;
  answer.holdsCapabilities = holdsCapabilities;
  if (!m_answers.try_emplace(id, std::move(answer)).second) return EndReason::QUESTION_REUSED;
  if (++m_open > proto::MAX_OPEN_QUESTIONS) return EndReason::TOO_MANY_QUESTIONS;
  return std::nullopt;
}

std::optional<EndReason> Ledger::target(MessageTarget::Reader target) const {
  switch (target.which()) {
    case MessageTarget::IMPORTED_CAP:
      if (m_exports.count(target.getImportedCap()) == 0) return EndReason::UNKNOWN_TARGET;
      return std::nullopt;
    case MessageTarget::PROMISED_ANSWER:
      return promisedAnswer(target.getPromisedAnswer());
    default:
      return EndReason::UNKNOWN_TARGET;
  }
}

std::optional<EndReason> Ledger::promisedAnswer(capnp::rpc::PromisedAnswer::Reader answer) const {
  if (answer.getTransform().size() > proto::MAX_TRANSFORM_STEPS) {
    return EndReason::TRANSFORM_TOO_LONG;
  }
  for (auto step : answer.getTransform()) {
    if (!step.isNoop() && !step.isGetPointerField()) return EndReason::MALFORMED;
  }
  const auto found = m_answers.find(answer.getQuestionId());
  if (found == m_answers.end() || found->second.finished) return EndReason::UNKNOWN_QUESTION;
  if (!found->second.holdsCapabilities) return EndReason::UNKNOWN_TARGET;
  return std::nullopt;
}

std::optional<EndReason> Ledger::capabilities(capnp::rpc::Payload::Reader payload) {
  const auto table = payload.getCapTable();
  if (table.size() > proto::MAX_CAPABILITIES_PER_MESSAGE) return EndReason::TOO_MANY_CAPABILITIES;
  for (auto descriptor : table) {
    if (auto breach = capability(descriptor)) return breach;
  }
  return std::nullopt;
}

std::optional<EndReason> Ledger::capability(CapDescriptor::Reader descriptor) {
  if (descriptor.getAttachedFd() != NO_DESCRIPTOR) return EndReason::DESCRIPTORS;
  switch (descriptor.which()) {
    case CapDescriptor::NONE:
      return std::nullopt;
    case CapDescriptor::SENDER_HOSTED:
    case CapDescriptor::SENDER_PROMISE: {
      const bool promise = descriptor.isSenderPromise();
      const std::uint32_t id =
          promise ? descriptor.getSenderPromise() : descriptor.getSenderHosted();
      const auto [import, isNew] = m_imports.try_emplace(id);
      ++import->second.references;
      if (isNew) import->second.promise = promise;
      // The same id may not be a promise in one message and an object in the next.
      if (import->second.promise != promise) return EndReason::UNKNOWN_CAPABILITY;
      if (m_imports.size() > proto::MAX_RENDERER_CAPABILITIES) {
        return EndReason::TOO_MANY_CAPABILITIES;
      }
      return std::nullopt;
    }
    case CapDescriptor::RECEIVER_HOSTED:
      if (m_exports.count(descriptor.getReceiverHosted()) == 0) {
        return EndReason::UNKNOWN_CAPABILITY;
      }
      return std::nullopt;
    case CapDescriptor::RECEIVER_ANSWER:
      return promisedAnswer(descriptor.getReceiverAnswer());
    default:
      return EndReason::UNKNOWN_CAPABILITY;
  }
}

std::optional<EndReason> Ledger::returned(Return::Reader ret) {
  const auto found = m_controlCalls.find(ret.getAnswerId());
  if (found == m_controlCalls.end()) return EndReason::UNKNOWN_ANSWER;
  switch (ret.which()) {
    case Return::RESULTS:
      if (auto breach = capabilities(ret.getResults())) return breach;
      break;
    case Return::EXCEPTION:
      readException(ret.getException());
      break;
    case Return::CANCELED:
      if (!found->second.finished) return EndReason::BAD_RETURN;
      break;
    default:
      return EndReason::BAD_RETURN;
  }
  std::optional<EndReason> breach;
  if (ret.getReleaseParamCaps()) breach = dropExports(found->second.exports);
  m_controlCalls.erase(found);
  return breach;
}

std::optional<EndReason> Ledger::finish(capnp::rpc::Finish::Reader finish) {
  const auto found = m_answers.find(finish.getQuestionId());
  if (found == m_answers.end()) {
    const auto end =
        m_settled.begin() + static_cast<std::ptrdiff_t>(std::min(m_settledCount, m_settled.size()));
    if (std::find(m_settled.begin(), end, finish.getQuestionId()) != end) return std::nullopt;
    return EndReason::UNKNOWN_QUESTION;
  }
  Answer& answer = found->second;
  if (answer.finished) return EndReason::UNKNOWN_QUESTION;
  answer.finished = true;
  answer.releaseResults = finish.getReleaseResultCaps();
  if (!answer.returned) return std::nullopt;  // the entry stays until our Return
  std::optional<EndReason> breach;
  if (answer.releaseResults) breach = dropExports(answer.exports);
  m_unfinishedBytes -= answer.booked;
  m_answers.erase(found);
  return breach;
}

std::optional<EndReason> Ledger::resolve(capnp::rpc::Resolve::Reader resolve) {
  const auto found = m_imports.find(resolve.getPromiseId());
  if (found == m_imports.end() || !found->second.promise) return EndReason::UNKNOWN_CAPABILITY;
  switch (resolve.which()) {
    case capnp::rpc::Resolve::CAP:
      if (resolve.getCap().isNone()) return EndReason::UNKNOWN_CAPABILITY;
      found->second.promise = false;  // before capability(): it may rehash the table
      return capability(resolve.getCap());
    case capnp::rpc::Resolve::EXCEPTION:
      readException(resolve.getException());
      found->second.promise = false;
      return std::nullopt;
    default:
      return EndReason::UNKNOWN_CAPABILITY;
  }
}

std::optional<EndReason> Ledger::release(capnp::rpc::Release::Reader release) {
  const auto found = m_exports.find(release.getId());
  if (found == m_exports.end() || release.getReferenceCount() > found->second) {
    return EndReason::UNKNOWN_CAPABILITY;
  }
  found->second -= release.getReferenceCount();
  if (found->second == 0) m_exports.erase(found);
  return std::nullopt;
}

std::optional<EndReason> Ledger::disembargo(capnp::rpc::Disembargo::Reader disembargo) {
  // senderLoopback asks us to echo along an object of ours that points back to the renderer. We
  // give it none.
  const auto context = disembargo.getContext();
  if (!context.isReceiverLoopback() || m_embargoes.erase(context.getReceiverLoopback()) == 0) {
    return EndReason::BAD_DISEMBARGO;
  }
  return std::nullopt;
}

Ledger::Verdict Ledger::outbound(Message::Reader message, std::size_t bytes) {
  switch (message.which()) {
    case Message::RETURN:
      return answered(message.getReturn(), bytes);
    case Message::CALL: {
      const auto call = message.getCall();
      ControlCall& booked = m_controlCalls[call.getQuestionId()];
      bookExports(call.getParams(), &booked.exports);
      if (m_controlCalls.size() > MAX_CONTROL_CALLS) {
        return {Outbound::DROP, EndReason::CONTROL_UNANSWERED};
      }
      return {};
    }
    case Message::FINISH: {
      const auto found = m_controlCalls.find(message.getFinish().getQuestionId());
      if (found != m_controlCalls.end()) found->second.finished = true;
      return {};
    }
    case Message::RELEASE: {
      const auto release = message.getRelease();
      const auto found = m_imports.find(release.getId());
      if (found == m_imports.end()) return {};
      if (found->second.references <= release.getReferenceCount()) {
        m_imports.erase(found);
      } else {
        found->second.references -= release.getReferenceCount();
      }
      return {};
    }
    case Message::RESOLVE:
      if (!message.getResolve().isCap()) return {Outbound::DROP, EndReason::INTERNAL};
      bookExport(message.getResolve().getCap(), nullptr);
      return {};
    case Message::DISEMBARGO:
      if (message.getDisembargo().getContext().isSenderLoopback()) {
        m_embargoes.insert(message.getDisembargo().getContext().getSenderLoopback());
      }
      return {};
    default:
      return {Outbound::DROP, std::nullopt};  // Abort and Unimplemented speak of our insides
  }
}

Ledger::Verdict Ledger::answered(Return::Reader ret, std::size_t bytes) {
  Verdict verdict;
  if (ret.isException()) verdict.action = Outbound::MASK_RETURN;
  const auto found = m_answers.find(ret.getAnswerId());
  if (found == m_answers.end() || found->second.returned) {
    return {Outbound::DROP, EndReason::INTERNAL};
  }
  Answer& answer = found->second;
  --m_open;
  if (ret.isResults() && !(answer.finished && answer.releaseResults)) {
    bookExports(ret.getResults(), &answer.exports);
  }
  if (answer.finished) {
    m_answers.erase(found);
    return verdict;
  }
  if (!finishNeeded(ret)) {
    m_settled[m_settledCount++ % m_settled.size()] = found->first;
    m_answers.erase(found);
    return verdict;
  }
  answer.returned = true;
  answer.booked = bytes + ANSWER_OVERHEAD_BYTES;
  m_unfinishedBytes += answer.booked;
  if (m_unfinishedBytes > proto::MAX_UNFINISHED_RESULT_BYTES) {
    verdict.breach = EndReason::UNFINISHED_RESULTS;
  }
  return verdict;
}

void Ledger::bookExports(capnp::rpc::Payload::Reader payload, std::vector<std::uint32_t>* to) {
  for (auto descriptor : payload.getCapTable()) bookExport(descriptor, to);
}

void Ledger::bookExport(CapDescriptor::Reader descriptor, std::vector<std::uint32_t>* to) {
  std::uint32_t id = 0;
  if (descriptor.isSenderHosted()) {
    id = descriptor.getSenderHosted();
  } else if (descriptor.isSenderPromise()) {
    id = descriptor.getSenderPromise();
  } else {
    return;
  }
  ++m_exports[id];
  if (to != nullptr) to->push_back(id);
}

std::optional<EndReason> Ledger::dropExports(const std::vector<std::uint32_t>& ids) {
  for (const std::uint32_t id : ids) {
    const auto found = m_exports.find(id);
    if (found == m_exports.end()) return EndReason::UNKNOWN_CAPABILITY;
    if (--found->second == 0) m_exports.erase(found);
  }
  return std::nullopt;
}

}  // namespace sallyport::session
