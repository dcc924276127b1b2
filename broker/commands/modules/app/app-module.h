// The module `app`: what the app is called, and its end. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::app {

struct AppInfo {
  std::string identifier;
  std::string title;
  std::optional<std::string> version;  // as app.json says
  std::string sallyport;               // the framework's
};
BOOST_DESCRIBE_STRUCT(AppInfo, (), (identifier, title, version, sallyport))

struct GetAppInfo {};
BOOST_DESCRIBE_STRUCT(GetAppInfo, (), ())

struct ExitApp {};
BOOST_DESCRIBE_STRUCT(ExitApp, (), ())

class Host {
 public:
  virtual ~Host() = default;
  virtual AppInfo info() const = 0;
  // Begins the ordered end of all windows; the caller is answered first.
  virtual void exit(const Caller& caller) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::app
