// The module `opener`: a link that leaves the app, opened with the user's own program. Runs in the
// broker, which starts nothing itself.
#pragma once

#include <boost/describe.hpp>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "capabilities/link.h"

namespace sallyport::commands::opener {

struct OpenUrl {
  std::string url;  // https, mailto, or of a scheme that app.json names in `opens`
};
BOOST_DESCRIBE_STRUCT(OpenUrl, (), (url))

class Host {
 public:
  virtual ~Host() = default;
  // DENIED: the link is not in the caller's scope, its scheme is not the app's, or the user has not
  // just clicked or typed in this window. RATE_LIMITED. NOT_SUPPORTED: this system has no program
  // that opens links. UNAVAILABLE: the desktop has none for this one, or it failed.
  virtual kj::Promise<Result<Null>> openLink(const Caller& caller, capabilities::Link link) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::opener
