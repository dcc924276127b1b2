// Why a window's connection ended, for the audit log. Broker only; the renderer is never told.
#pragma once

#include <string_view>

namespace sallyport::session {

enum class EndReason {
  // not the renderer's fault
  PEER_CLOSED,  // the renderer closed its socket or died
  REVOKED,      // the broker took the session back: navigation, window closed, shutdown
  INTERNAL,     // our bug; the journal has it
  // the frame around a message
  TOO_MANY_SEGMENTS,
  MESSAGE_TOO_LARGE,
  HALF_MESSAGE,  // begun and not finished in time
  DESCRIPTORS,   // file descriptors attached
  MALFORMED,     // pointers or text inside a message do not hold together
  // the RPC protocol
  FORBIDDEN_TAG,
  BOOTSTRAP_TWICE,
  TOO_MANY_QUESTIONS,
  QUESTION_REUSED,
  UNKNOWN_QUESTION,    // Finish or pipelined call for a question that is not open
  UNKNOWN_ANSWER,      // Return for a call that we did not make
  BAD_RETURN,          // a kind of Return that no renderer of ours sends
  UNKNOWN_TARGET,      // call on an object that was not given to this window
  UNKNOWN_METHOD,      // interface or method that is not in the schema
  UNKNOWN_CAPABILITY,  // descriptor, Release or Resolve for something that was not exchanged
  TOO_MANY_CAPABILITIES,
  TRANSFORM_TOO_LONG,
  BAD_DISEMBARGO,
  PEER_ABORTED,
  // quantity
  UNFINISHED_RESULTS,
  UNREAD_BYTES,
  UNREAD_TOO_LONG,
  THROTTLED_TOO_LONG,
  CONTROL_UNANSWERED,  // too many of our own calls without a Return
  // the session's own rules
  ATTACHED_TWICE,
  NOT_ATTACHED,  // a call before attach was answered
  WRONG_PROTOCOL,
  NO_CONTROL,  // attach without a control object
  CAGE_NOT_VERIFIED,
  BAD_CHANNEL,        // a number used again or never given, or two calls of next at once
  BATCH_SIZE,         // more ids or calls in one message than there may be, or no call
  CALL_ID_REUSED,     // the ids of invokeMany only ever grow
  BAD_TRANSFER,       // a number used again or never given, two reads at once, other bytes than
                      // announced
  CONNECTION_REUSED,  // a connection that is open, or two sends or receives on one at a time
  TOO_MANY_CONNECTIONS,
};

// "too-many-segments"; stable, for audit lines and tests.
std::string_view endReasonName(EndReason reason) noexcept;

// True when the peer broke the protocol or a bound, which an honest renderer never does.
bool isBreach(EndReason reason) noexcept;

}  // namespace sallyport::session
