// The module `os`: what a page needs to fit in, and nothing that tells one machine or user from
// another: no names, no versions, no sizes. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::os {

struct SystemInfo {
  std::string platform;  // "linux"
  std::string arch;      // "x86_64", "aarch64", …
  std::string locale;    // "de-AT", "en"
};
BOOST_DESCRIBE_STRUCT(SystemInfo, (), (platform, arch, locale))

struct GetSystemInfo {};
BOOST_DESCRIBE_STRUCT(GetSystemInfo, (), ())

// Of the machine that this was built for.
std::string_view architecture();

// From the text of LC_ALL, LC_MESSAGES or LANG: "de_AT.UTF-8@euro" is "de-AT". What is no such
// text, "C" and "POSIX" are "en": nothing else of the environment gets through.
std::string localeFrom(std::string_view text);

Module makeModule(SystemInfo info);

}  // namespace sallyport::commands::os
