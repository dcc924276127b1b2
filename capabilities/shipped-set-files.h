// The files of capabilities/sets as text; the definition is written by CMake at configure time.
#pragma once

#include <span>
#include <string_view>

namespace sallyport::capabilities {

struct ShippedSetFile {
  std::string_view name;  // "sets/core.json"
  std::string_view text;
};

std::span<const ShippedSetFile> shippedSetFiles();

}  // namespace sallyport::capabilities
