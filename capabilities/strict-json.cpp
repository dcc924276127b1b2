// A handler for boost::json::basic_parser that builds the value itself, so that a duplicate field
// is seen when its name is read instead of silently winning. Pure.
#include "capabilities/strict-json.h"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

// One open array or object.
struct Frame {
  json::value container;
  std::string key;
};

class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = MAX_JSON_FIELDS;
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  json::value takeRoot() { return std::move(m_root); }
  const std::string& refusal() const { return m_refusal; }
  bool hasDuplicate() const { return m_hasDuplicate; }
  const std::string& duplicate() const { return m_duplicate; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(json::object()); }
  bool on_array_begin(json::error_code&) { return open(json::array()); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    append(part);
    std::string key = std::exchange(m_text, {});
    if (key.find('\0') != std::string::npos) {
      return refuse("a field name has a NUL character", ec);
    }
    Frame& frame = m_frames.back();
    if (frame.container.get_object().contains(key)) {
      m_duplicate = std::move(key);
      m_hasDuplicate = true;
      return refuse("the same field is given twice", ec);
    }
    frame.key = std::move(key);
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return append(part);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
    append(part);
    if (m_text.find('\0') != std::string::npos) {
      return refuse("a string has a NUL character", ec);
    }
    return add(json::string(std::exchange(m_text, {})));
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) { return add(number); }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) { return add(number); }
  bool on_double(double number, json::string_view, json::error_code& ec) {
    return std::isfinite(number) ? add(number) : refuse("a number is too large", ec);
  }
  bool on_bool(bool truth, json::error_code&) { return add(truth); }
  bool on_null(json::error_code&) { return add(nullptr); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  bool append(json::string_view part) {
    m_text.append(part.data(), part.size());
    return true;
  }
  bool refuse(const char* why, json::error_code& ec) {
    m_refusal = why;
    ec = json::error::syntax;
    return false;
  }
  bool open(json::value container) {
    m_frames.push_back({std::move(container), {}});
    return true;
  }
  bool close() {
    json::value done = std::move(m_frames.back().container);
    m_frames.pop_back();
    return add(std::move(done));
  }
  bool add(json::value value) {
    if (m_frames.empty()) {
      m_root = std::move(value);
    } else if (json::array* array = m_frames.back().container.if_array()) {
      array->push_back(std::move(value));
    } else {
      m_frames.back().container.get_object().emplace(m_frames.back().key, std::move(value));
    }
    return true;
  }

  json::value m_root;
  std::vector<Frame> m_frames;
  std::string m_text;  // pieces of the string or name being read
  std::string m_refusal;
  std::string m_duplicate;
  bool m_hasDuplicate = false;
};

std::string sentenceFor(const json::error_code& ec) {
  if (ec == json::error::too_deep) {
    return "more than 16 levels deep";
  }
  if (ec == json::error::object_too_large) {
    return "an object has more than 256 fields";
  }
  if (ec == json::error::incomplete) {
    return "the text ends too early";
  }
  if (ec == json::error::exponent_overflow) {
    return "a number is too large";
  }
  return "not valid JSON in UTF-8";
}

bool isEscaped(std::string_view text, std::size_t place) {
  std::size_t backslashes = 0;
  while (backslashes < place && text[place - backslashes - 1] == '\\') {
    ++backslashes;
  }
  return backslashes % 2 == 1;
}

// Where the name starts whose closing quote is at `end`.
std::size_t startOfName(std::string_view text, std::size_t end) {
  std::size_t start = end;
  while (start > 0) {
    --start;
    if (text[start] == '"' && !isEscaped(text, start)) {
      break;
    }
  }
  return start;
}

}  // namespace

std::optional<json::value> readStrictJson(std::string_view text, JsonProblem& problem) {
  json::parse_options options;
  options.max_depth = MAX_JSON_DEPTH;
  json::basic_parser<StrictHandler> parser(options);
  json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  const StrictHandler& handler = parser.handler();
  if (ec) {
    const std::size_t place = handler.hasDuplicate() ? startOfName(text, read) : read;
    const std::string& refusal = handler.refusal();
    problem = {place, refusal.empty() ? sentenceFor(ec) : refusal, handler.duplicate()};
    return std::nullopt;
  }
  if (read < text.size()) {
    problem = {read, "there is text after the end of the value", {}};
    return std::nullopt;
  }
  return parser.handler().takeRoot();
}

}  // namespace sallyport::capabilities
