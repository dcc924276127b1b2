// Ends or stops other processes. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct SignalOthers {
  static constexpr std::string_view NAME = "signal-others";
  static constexpr std::array<std::string_view, 5> CALLS{
      "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"};
};

}  // namespace sallyport::sandbox::tokens
