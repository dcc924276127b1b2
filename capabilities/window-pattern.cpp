// Matching with one remembered `*`. Pure.
#include "capabilities/window-pattern.h"

#include <algorithm>

namespace sallyport::capabilities {
namespace {

bool isAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isBoundary(char c) { return c == '-' || c == '/' || c == ':'; }

bool isLabelCharacter(char c) { return isAlphanumeric(c) || isBoundary(c) || c == '_'; }

}  // namespace

bool isWindowLabel(std::string_view label) {
  return !label.empty() && label.size() <= MAX_LABEL_BYTES &&
         std::all_of(label.begin(), label.end(), isLabelCharacter);
}

std::string windowPatternProblem(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > MAX_LABEL_BYTES) {
    return "a window pattern has 1 to 64 characters";
  }
  if (!std::all_of(
          pattern.begin(), pattern.end(), [](char c) { return isLabelCharacter(c) || c == '*'; })) {
    return "a window pattern has only letters, digits, `_`, `-`, `/`, `:` and `*`";
  }
  if (pattern.find("**") != std::string_view::npos) {
    return "`**` is not offered in a window pattern";
  }
  if (std::none_of(pattern.begin(), pattern.end(), isAlphanumeric)) {
    return "a window pattern needs a letter or digit of its own: it would match every window";
  }
  return {};
}

bool matchesWindow(std::string_view pattern, std::string_view label) {
  // It is enough to go back to the last `*`: what an earlier one could cover in addition has no
  // boundary in it, so the text between the two has none either, and its leftmost place leaves the
  // most room.
  constexpr std::size_t NONE = std::string_view::npos;
  std::size_t p = 0;
  std::size_t l = 0;
  std::size_t star = NONE;
  std::size_t starEnd = 0;  // label characters up to here are covered by the last `*`
  while (l < label.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      starEnd = l;
    } else if (p < pattern.size() && pattern[p] == label[l]) {
      ++p;
      ++l;
    } else if (star != NONE && !isBoundary(label[starEnd])) {
      p = star + 1;
      l = ++starEnd;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

}  // namespace sallyport::capabilities
