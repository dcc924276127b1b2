// Optimal string alignment distance over three rows. Pure.
#include "capabilities/nearest-name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace sallyport::capabilities {
namespace {

constexpr std::size_t MAX_NAME_BYTES = 64;

}  // namespace

std::size_t editDistance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> beforeLast(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], beforeLast[j - 2] + 1);
      }
    }
    std::swap(beforeLast, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

std::string_view nearestName(std::string_view wrong, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  if (wrong.size() > MAX_NAME_BYTES) {
    return nearest;
  }
  std::size_t best = MAX_NAME_BYTES;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > MAX_NAME_BYTES) {
      continue;
    }
    const std::size_t allowed =
        std::max(std::size_t{2}, std::max(wrong.size(), candidate.size()) / 3);
    const std::size_t distance = editDistance(wrong, candidate);
    // A name that shares nothing with the wrong one is no help, however short both are.
    if (distance <= allowed && distance < best &&
        distance < std::min(wrong.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace sallyport::capabilities
