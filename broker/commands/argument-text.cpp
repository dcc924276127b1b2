// Sentences about arguments. Runs in the broker.
#include "broker/commands/argument-text.h"

#include <vector>

#include "broker/commands/json-arguments.h"

namespace sallyport::commands {
namespace {

namespace json = boost::json;

constexpr std::size_t MAX_SHOWN_NAME_BYTES = 32;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " or " : ", ") + parts[i];
  }
  return text;
}

}  // namespace

std::string boundedMessage(std::string message) {
  if (message.size() > MAX_ARGUMENT_MESSAGE_BYTES) {
    message.resize(MAX_ARGUMENT_MESSAGE_BYTES - 3);
    message += "...";
  }
  return message;
}

std::string shownName(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, MAX_SHOWN_NAME_BYTES)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '$' || c == '-';
    text += plain ? c : '?';
  }
  return name.size() > MAX_SHOWN_NAME_BYTES ? text + "..." : text;
}

std::string_view kindOf(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "nothing";
}

std::string rangeText(const Type& type) {
  return "an integer from " + std::to_string(type.least) + " to " + std::to_string(type.most);
}

std::string expectedText(const Type& type) {
  std::vector<std::string> parts;
  switch (type.kind) {
    case Kind::NOTHING:
      return "null";
    case Kind::BOOLEAN:
      return "a boolean";
    case Kind::INTEGER:
      return "an integer";
    case Kind::BIG_INTEGER:
      return "a 64-bit integer as a decimal string";
    case Kind::BYTES:
    case Kind::LARGE_BYTES:
      return "bytes as a base64 string";
    case Kind::NUMBER:
      return "a number";
    case Kind::STRING:
      return "a string";
    case Kind::ENUMERATION:
      for (const Enumerator& enumerator : type.enumerators) {
        parts.push_back("\"" + enumerator.text + "\"");
      }
      return joined(parts);
    case Kind::LIST:
      return "a list";
    case Kind::MAP:
      return "an object";
    case Kind::OPTION:
      return expectedText(type.element());
    case Kind::RECORD:
      return "an object";
    case Kind::CHOICE:
      for (const TypeOf alternative : type.alternatives) {
        parts.push_back(expectedText(alternative()));
      }
      return joined(parts);
  }
  return "nothing";
}

}  // namespace sallyport::commands
