// The one JSON reader of the trusted processes: for policy files and for what a page sends as
// arguments. Boost.JSON's parser does the grammar; refused on top of it: duplicate fields at any
// level, more than 16 levels, NUL characters in strings and field names, anything after the value.
// Pure; trusts no byte.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::capabilities {

constexpr std::size_t MAX_JSON_DEPTH = 16;
// No described type has so many; it keeps the look for duplicates cheap whatever the names are.
constexpr std::size_t MAX_JSON_FIELDS = 256;

struct JsonProblem {
  std::size_t offset = 0;  // bytes from the start of the text
  std::string message;     // fixed sentence: nothing of the text is in it
  std::string field;       // the duplicate field, unescaped and unbounded; else empty
};

// Empty with `problem` filled when the text is refused. Numbers outside int64 and uint64 become
// doubles, never infinite. Comments, trailing commas and invalid UTF-8 are refused.
std::optional<boost::json::value> readStrictJson(std::string_view text, JsonProblem& problem);

}  // namespace sallyport::capabilities
