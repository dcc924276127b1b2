// The published test vectors, which live beside the source tree and are not part of it. A test that
// finds none says so loudly and relies on the few that are written into the tests themselves.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::bitcoin {

// For example vectors("bips/bip32.json").
std::optional<boost::json::value> vectors(std::string_view file);
// The lines of a file that is not JSON; none when it is missing.
std::vector<std::string> vectorLines(std::string_view file);

}  // namespace sallyport::bitcoin
