// Names as pages see them. Runs in the broker; pure.
#include "broker/commands/naming.h"

#include <algorithm>
#include <array>

namespace sallyport::commands {
namespace {

constexpr std::string_view COMMAND_PREFIX = "cmd_";
constexpr std::string_view EVENT_PREFIX = "evt_";

// Words that cannot name a function in strict-mode TypeScript modules, and the names the bindings
// import.
constexpr std::array<std::string_view, 52> RESERVED{
    "arguments",  "await",     "break",      "case",   "catch",     "class", "const",  "continue",
    "debugger",   "default",   "delete",     "do",     "else",      "enum",  "eval",   "export",
    "extends",    "false",     "finally",    "for",    "function",  "if",    "import", "in",
    "instanceof", "interface", "invoke",     "let",    "listen",    "new",   "null",   "package",
    "private",    "protected", "public",     "return", "static",    "super", "switch", "this",
    "throw",      "true",      "try",        "typeof", "undefined", "var",   "void",   "while",
    "with",       "yield",     "implements", "bigint"};

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool areWords(std::string_view text, char joint) {
  bool wordStarts = true;
  for (const char c : text) {
    if (wordStarts ? !isLower(c) : !isLower(c) && !isDigit(c) && c != joint) {
      return false;
    }
    wordStarts = c == joint;
  }
  return !wordStarts;
}

char toUpper(char c) { return isLower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
char toLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string camelCase(std::string_view words) {
  std::string name;
  bool wordStarts = false;
  for (const char c : words) {
    if (c != '_') {
      name += wordStarts ? toUpper(c) : c;
    }
    wordStarts = c == '_';
  }
  return name;
}

}  // namespace

bool isCommandName(std::string_view name) {
  return name.size() <= MAX_COMMAND_NAME_BYTES && name.starts_with(COMMAND_PREFIX) &&
         areWords(name.substr(COMMAND_PREFIX.size()), '_');
}

bool isEventName(std::string_view name) {
  return name.size() <= MAX_COMMAND_NAME_BYTES && name.starts_with(EVENT_PREFIX) &&
         areWords(name.substr(EVENT_PREFIX.size()), '_');
}

bool isModuleName(std::string_view name) {
  return name.size() <= MAX_COMMAND_NAME_BYTES && areWords(name, '-');
}

std::string kebabCase(std::string_view enumerator) {
  std::string text;
  for (const char c : enumerator) {
    text += c == '_' ? '-' : toLower(c);
  }
  return text;
}

std::string functionName(std::string_view command) {
  command.remove_prefix(std::min(COMMAND_PREFIX.size(), command.size()));
  std::string name = camelCase(command);
  if (std::find(RESERVED.begin(), RESERVED.end(), name) != RESERVED.end()) {
    name += "Command";
  }
  return name;
}

std::string listenerName(std::string_view event) {
  event.remove_prefix(std::min(EVENT_PREFIX.size(), event.size()));
  return camelCase("on_" + std::string(event));
}

}  // namespace sallyport::commands
