// The errors that a command, or the dispatcher for it, gives to a page: every stable code in one
// place. Runs in the broker. A message is a fixed sentence or speaks only of the caller's own
// input.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace sallyport::commands {

enum class Code {
  // from the dispatcher and the event queue
  DENIED,  // no grant, a deny matched, or the user's own click or key is needed and was not there
  UNKNOWN_COMMAND,   // not registered by any module
  INVALID_ARGUMENT,  // the message names the field and what was expected
  TOO_LARGE,         // arguments or result over their limit
  RATE_LIMITED,      // the grant's perMinute or concurrent, or the session's own budget
  DEADLINE,          // the command's deadline passed
  CANCELLED,         // by the page, a reload or a shutdown
  INTERNAL,          // our bug; details are in the journal under the incident id
  UNKNOWN_EVENT,     // declared by no module
  // from handlers
  NOT_FOUND,
  CONFLICT,     // exists already, or changed meanwhile
  LOCKED,       // the vault is locked
  DECLINED,     // the user said no
  UNAVAILABLE,  // a process or server that is needed does not answer
  INSUFFICIENT_FUNDS,
  NOT_SUPPORTED,
  LIMIT,  // a quota of the app is used up
};

// The stable text of a code: "denied", "unknown-command", … as in web/api's ErrorCode.
std::string_view codeName(Code code) noexcept;

struct Error {
  Code code;
  std::string message;
};

// Result<T>::value() on an error is a bug of ours, never of a caller: it throws std::logic_error.
// Found by ADL.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

template <typename T>
using Result = boost::system::result<T, Error>;
}  // namespace sallyport::commands
