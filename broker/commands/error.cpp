// Names of the codes as pages see them. Runs in the broker.
#include "broker/commands/error.h"

#include <boost/throw_exception.hpp>
#include <stdexcept>

namespace sallyport::commands {

std::string_view codeName(Code code) noexcept {
  switch (code) {
    case Code::DENIED:
      return "denied";
    case Code::UNKNOWN_COMMAND:
      return "unknown-command";
    case Code::INVALID_ARGUMENT:
      return "invalid-argument";
    case Code::TOO_LARGE:
      return "too-large";
    case Code::RATE_LIMITED:
      return "rate-limited";
    case Code::DEADLINE:
      return "deadline";
    case Code::CANCELLED:
      return "cancelled";
    case Code::INTERNAL:
      return "internal";
    case Code::UNKNOWN_EVENT:
      return "unknown-event";
    case Code::NOT_FOUND:
      return "not-found";
    case Code::CONFLICT:
      return "conflict";
    case Code::LOCKED:
      return "locked";
    case Code::DECLINED:
      return "declined";
    case Code::UNAVAILABLE:
      return "unavailable";
    case Code::INSUFFICIENT_FUNDS:
      return "insufficient-funds";
    case Code::NOT_SUPPORTED:
      return "not-supported";
    case Code::LIMIT:
      return "limit";
  }
  return "internal";
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  boost::throw_with_location(std::logic_error(error.message), where);
}

}  // namespace sallyport::commands
