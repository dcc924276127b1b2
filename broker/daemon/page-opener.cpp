#include "broker/daemon/page-opener.h"

#include <kj/debug.h>

#include <algorithm>
#include <utility>

#include "capabilities/scope.h"

namespace sallyport::daemon {
namespace {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
using opener::Opened;

Result<Null> describe(Opened opened) {
  switch (opened) {
    case Opened::DONE:
      return Null{};
    case Opened::NO_PROGRAM:
      return Error{Code::NOT_SUPPORTED, "This system has no program that opens links (xdg-open)."};
    case Opened::FAILED:
      return Error{Code::UNAVAILABLE, "The desktop has no program for this link, or it failed."};
    case Opened::REFUSED:
      break;
  }
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "the opener refused a link that was checked"));
}

}  // namespace

// A refused link takes a turn as well: guessing at a scope is not free.
bool PageOpener::takeTurn(const std::string& label) {
  const kj::TimePoint now = m_parts.timer.now();
  auto& minute = m_minutes.try_emplace(label, Minute{now}).first->second;
  if (now - minute.since >= 1 * kj::MINUTES) minute = {now};
  if (minute.links == LINKS_PER_MINUTE) return false;
  ++minute.links;
  return true;
}

kj::Promise<Result<Null>> PageOpener::openLink(const commands::Caller& caller,
                                               capabilities::Link link) {
  if (!takeTurn(caller.window))
    return Result<Null>(Error{Code::RATE_LIMITED, "More than 10 links a minute."});
  const auto& named = m_parts.app.opens;
  const bool known = link.scheme == "https" || link.scheme == "mailto" ||
                     std::find(named.begin(), named.end(), link.scheme) != named.end();
  if (!known || !caller.scope || !capabilities::permitsLink(*caller.scope, link))
    return Result<Null>(Error{Code::DENIED, "The link is not within what this window may open."});
  if (m_parts.full())
    return Result<Null>(Error{Code::RATE_LIMITED, "Too many links are being opened."});
  return m_parts.takeGesture(caller.window)
      .then([this,
             text = std::move(link.text)](Result<bool> given) mutable -> kj::Promise<Result<Null>> {
        if (given.has_error()) return Result<Null>(given.error());
        if (!*given)
          return Result<Null>(
              Error{Code::DENIED, "A link may be opened right after a click or a key."});
        // Asked again: other windows had their turn while the frame answered.
        if (m_parts.full())
          return Result<Null>(Error{Code::RATE_LIMITED, "Too many links are being opened."});
        return m_parts.open(std::move(text)).then([](Opened opened) { return describe(opened); });
      });
}

}  // namespace sallyport::daemon
