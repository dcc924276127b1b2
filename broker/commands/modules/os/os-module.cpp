// cmd_get_system_info. Runs in the broker.
#include "broker/commands/modules/os/os-module.h"

#include <algorithm>
#include <utility>

namespace sallyport::commands::os {
namespace {

template <typename Is>
bool all(std::string_view text, std::size_t least, std::size_t most, Is is) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), is);
}

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string_view architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#elif defined(__riscv)
  return "riscv64";
#else
  return "other";
#endif
}

std::string localeFrom(std::string_view text) {
  text = text.substr(0, text.find_first_of(".@"));
  const auto line = text.find('_');
  const auto language = text.substr(0, line);
  if (!all(language, 2, 3, isLower)) return "en";
  if (line == std::string_view::npos) return std::string(language);
  const auto region = text.substr(line + 1);
  if (!all(region, 2, 2, isUpper)) return std::string(language);
  return std::string(language) + "-" + std::string(region);
}

Module makeModule(SystemInfo info) {
  Module module{"os", "The desktop that the app runs on."};
  module.add("cmd_get_system_info",
             "Tells platform, architecture and language, and nothing that identifies the machine.",
             [info = std::move(info)](const Caller&, GetSystemInfo) -> Result<SystemInfo> {
               return info;
             });
  return module;
}

}  // namespace sallyport::commands::os
