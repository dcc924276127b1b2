// Is called by others. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct ServeSockets {
  static constexpr std::string_view NAME = "serve-sockets";
  static constexpr std::array<std::string_view, 4> CALLS{"bind", "listen", "accept", "accept4"};
};

}  // namespace sallyport::sandbox::tokens
