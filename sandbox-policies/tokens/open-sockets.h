// Makes sockets and calls others: reaches beyond what was given to it. Where a policy includes
// this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct OpenSockets {
  static constexpr std::string_view NAME = "open-sockets";
  static constexpr std::array<std::string_view, 2> CALLS{"socket", "connect"};
};

}  // namespace sallyport::sandbox::tokens
