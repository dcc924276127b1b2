// The module `process`: the app as a process. Its end is app:exit_app. Runs in the broker, which
// starts nothing itself.
#pragma once

#include <boost/describe.hpp>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::process {

struct RelaunchApp {};
BOOST_DESCRIBE_STRUCT(RelaunchApp, (), ())

class Host {
 public:
  virtual ~Host() = default;
  // DENIED: the user has not just clicked or typed in this window; so no page keeps an app from
  // running by starting it over and over. The caller is answered before its window closes.
  virtual kj::Promise<Result<Null>> relaunch(const Caller& caller) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::process
