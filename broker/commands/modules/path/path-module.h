// The module `path`: where the app's and the user's folders are. A page rarely needs it, since `fs`
// takes `$APPDATA/…` as it is; what it tells names the user. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "capabilities/path-pattern.h"

namespace sallyport::commands::path {

struct ListFolders {};
BOOST_DESCRIBE_STRUCT(ListFolders, (), ())

struct ResolvePath {
  std::string path;  // "$DOCUMENT/letters/a.txt"
};
BOOST_DESCRIBE_STRUCT(ResolvePath, (), (path))

// variables: of this user and app; what has no value is a folder that is not there.
Module makeModule(capabilities::PathVariables variables);

}  // namespace sallyport::commands::path
