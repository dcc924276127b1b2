#include "broker/commands/modules/path/written-path.h"

#include <algorithm>
#include <vector>

namespace sallyport::commands::path {
namespace {

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
}

Error wrong(std::string_view field, std::string_view what) {
  return {Code::INVALID_ARGUMENT, std::string(field) + ": " + std::string(what)};
}

}  // namespace

Result<std::string> plainPath(std::string_view field,
                              std::string_view text,
                              const capabilities::PathVariables& variables) {
  std::string path(text);
  if (path.size() > capabilities::MAX_PATH_BYTES) return wrong(field, "more than 4096 bytes");
  if (std::any_of(path.begin(), path.end(), isControl))
    return wrong(field, "control characters are not offered");
  if (path.starts_with('$')) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string name = path.substr(0, end);
    const auto& names = capabilities::pathVariableNames();
    if (std::find(names.begin(), names.end(), name) == names.end())
      return wrong(field, "expected a name such as $APPDATA at the start");
    const auto value = variables.find(name);
    if (value == variables.end())
      return Error{Code::NOT_FOUND, "There is no such folder on this desktop."};
    path.replace(0, end, value->second);
  }
  std::vector<std::string_view> segments;
  if (!capabilities::splitPath(path, segments))
    return wrong(field, "expected an absolute path without `.`, `..` and empty names");
  return path;
}

}  // namespace sallyport::commands::path
