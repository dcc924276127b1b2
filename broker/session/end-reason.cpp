// Names of the reasons. Runs in the broker.
#include "broker/session/end-reason.h"

namespace sallyport::session {

std::string_view endReasonName(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::PEER_CLOSED:
      return "peer-closed";
    case EndReason::REVOKED:
      return "revoked";
    case EndReason::INTERNAL:
      return "internal";
    case EndReason::TOO_MANY_SEGMENTS:
      return "too-many-segments";
    case EndReason::MESSAGE_TOO_LARGE:
      return "message-too-large";
    case EndReason::HALF_MESSAGE:
      return "half-message";
    case EndReason::DESCRIPTORS:
      return "descriptors";
    case EndReason::MALFORMED:
      return "malformed";
    case EndReason::FORBIDDEN_TAG:
      return "forbidden-tag";
    case EndReason::BOOTSTRAP_TWICE:
      return "bootstrap-twice";
    case EndReason::TOO_MANY_QUESTIONS:
      return "too-many-questions";
    case EndReason::QUESTION_REUSED:
      return "question-reused";
    case EndReason::UNKNOWN_QUESTION:
      return "unknown-question";
    case EndReason::UNKNOWN_ANSWER:
      return "unknown-answer";
    case EndReason::BAD_RETURN:
      return "bad-return";
    case EndReason::UNKNOWN_TARGET:
      return "unknown-target";
    case EndReason::UNKNOWN_METHOD:
      return "unknown-method";
    case EndReason::UNKNOWN_CAPABILITY:
      return "unknown-capability";
    case EndReason::TOO_MANY_CAPABILITIES:
      return "too-many-capabilities";
    case EndReason::TRANSFORM_TOO_LONG:
      return "transform-too-long";
    case EndReason::BAD_DISEMBARGO:
      return "bad-disembargo";
    case EndReason::PEER_ABORTED:
      return "peer-aborted";
    case EndReason::UNFINISHED_RESULTS:
      return "unfinished-results";
    case EndReason::UNREAD_BYTES:
      return "unread-bytes";
    case EndReason::UNREAD_TOO_LONG:
      return "unread-too-long";
    case EndReason::THROTTLED_TOO_LONG:
      return "throttled-too-long";
    case EndReason::CONTROL_UNANSWERED:
      return "control-unanswered";
    case EndReason::ATTACHED_TWICE:
      return "attached-twice";
    case EndReason::NOT_ATTACHED:
      return "not-attached";
    case EndReason::WRONG_PROTOCOL:
      return "wrong-protocol";
    case EndReason::NO_CONTROL:
      return "no-control";
    case EndReason::BAD_CHANNEL:
      return "bad-channel";
    case EndReason::BATCH_SIZE:
      return "batch-size";
    case EndReason::BAD_TRANSFER:
      return "bad-transfer";
    case EndReason::CALL_ID_REUSED:
      return "call-id-reused";
    case EndReason::CONNECTION_REUSED:
      return "connection-reused";
    case EndReason::TOO_MANY_CONNECTIONS:
      return "too-many-connections";
    case EndReason::CAGE_NOT_VERIFIED:
      return "cage-not-verified";
  }
  return "internal";
}

bool isBreach(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::PEER_CLOSED:
    case EndReason::REVOKED:
    case EndReason::INTERNAL:
    case EndReason::PEER_ABORTED:
    case EndReason::CAGE_NOT_VERIFIED:
      return false;
    default:
      return true;
  }
}

}  // namespace sallyport::session
