// Makes files in memory, which can be executed past Landlock where starting programs is possible
// too. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct MemoryFiles {
  static constexpr std::string_view NAME = "memory-files";
  static constexpr std::array<std::string_view, 2> CALLS{"memfd_create", "memfd_secret"};
};

}  // namespace sallyport::sandbox::tokens
