// Starts programs, and so runs code that nobody of us wrote. Also what Landlock needs to let one
// be executed. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct StartPrograms {
  static constexpr std::string_view NAME = "start-programs";
  static constexpr std::array<std::string_view, 4> CALLS{"execve", "execveat", "fork", "vfork"};
};

}  // namespace sallyport::sandbox::tokens
