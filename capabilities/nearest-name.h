// The right name nearest to a wrong one, for error messages. Pure; safe on hostile input: names
// over 64 bytes have no nearest name, so the cost is bounded by the candidates.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sallyport::capabilities {

// Edits (insert, delete, replace, swap of neighbours) between two names.
std::size_t editDistance(std::string_view left, std::string_view right);

// Empty when nothing is near: more than 2 edits, or more than a third of the longer name.
// The first of equals wins.
std::string_view nearestName(std::string_view wrong, std::span<const std::string_view> candidates);

}  // namespace sallyport::capabilities
