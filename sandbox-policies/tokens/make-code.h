// Has memory that is writable and executable: what a toolkit or an engine compiles while it runs.
// Where a policy includes this header, look why.
#pragma once

#include <string_view>

namespace sallyport::sandbox::tokens {

struct MakeCode {
  static constexpr std::string_view NAME = "make-code";
};

}  // namespace sallyport::sandbox::tokens
