// Puts more filters on itself. Each new one can only take away, but the code behind these calls
// is large. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct NestCages {
  static constexpr std::string_view NAME = "nest-cages";
  static constexpr std::array<std::string_view, 5> CALLS{"seccomp",
                                                         "landlock_create_ruleset",
                                                         "landlock_add_rule",
                                                         "landlock_restrict_self",
                                                         "capset"};
};

}  // namespace sallyport::sandbox::tokens
