// Window labels and the patterns of them that a capability may use. `*` stands for any run of
// characters, also none, without `-`, `/` or `:`; nothing else is special. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::capabilities {

constexpr std::size_t MAX_LABEL_BYTES = 64;

// 1..64 of a-z A-Z 0-9 _ - / :
bool isWindowLabel(std::string_view label);

// Why the pattern is refused, or empty. A pattern needs a letter or digit of its own, so that
// nothing matches every window by accident; `**`, `?`, `[` and `{` are not offered.
std::string windowPatternProblem(std::string_view pattern);

// O(pattern + label) in practice, never worse than their product.
bool matchesWindow(std::string_view pattern, std::string_view label);

}  // namespace sallyport::capabilities
