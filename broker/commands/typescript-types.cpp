// One walk over a type description. Runs in the broker; pure.
#include "broker/commands/typescript-types.h"

#include <algorithm>

namespace sallyport::commands {
namespace {

// The members of a union, each once: an integer and a number are one in TypeScript.
std::vector<std::string> membersOf(const Type& type) {
  std::vector<std::string> members;
  const auto add = [&](const std::string& member) {
    if (std::find(members.begin(), members.end(), member) == members.end()) {
      members.push_back(member);
    }
  };
  if (type.kind == Kind::CHOICE) {
    for (const TypeOf alternative : type.alternatives) {
      for (const std::string& member : membersOf(alternative())) {
        add(member);
      }
    }
  } else {
    add(typescriptType(type));
  }
  return members;
}

// Prettier's form of a union: on the line, else whole on the next line, else one member a line.
std::string unionLine(const std::string& indent,
                      const std::string& start,
                      const std::vector<std::string>& members) {
  const std::string whole = joined(members, " | ") + ";";
  const std::string line = indent + start + " " + whole;
  if (line.size() <= PRINT_WIDTH || members.size() < 2) {
    return line + "\n";
  }
  const std::string next = "\n" + indent + "  ";
  if (indent.size() + 2 + whole.size() <= PRINT_WIDTH) {
    return indent + start + next + whole + "\n";
  }
  return indent + start + next + "| " + joined(members, next + "| ") + ";\n";
}

}  // namespace

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : std::string(separator)) + part;
  }
  return text;
}

std::string typescriptType(const Type& type) {
  switch (type.kind) {
    case Kind::NOTHING:
      return "null";
    case Kind::BOOLEAN:
      return "boolean";
    case Kind::INTEGER:
    case Kind::NUMBER:
      return "number";
    case Kind::BIG_INTEGER:
      return "bigint";
    case Kind::BYTES:
    case Kind::LARGE_BYTES:
      return "Uint8Array";
    case Kind::STRING:
      return "string";
    case Kind::ENUMERATION:
      return type.name.empty() ? "\"" + type.enumerators.front().text + "\"" : type.name;
    case Kind::RECORD:
      return type.name;
    case Kind::MAP:
      return "Record<string, " + joined(membersOf(type.element()), " | ") + ">";
    case Kind::LIST: {
      const std::vector<std::string> members = membersOf(type.element());
      return members.size() > 1 ? "(" + joined(members, " | ") + ")[]" : members.front() + "[]";
    }
    case Kind::OPTION:  // a field's is written as `?:` and never comes here
      return typescriptType(type.element()) + " | null";
    case Kind::CHOICE:
      return joined(membersOf(type), " | ");
  }
  return "never";
}

std::string typescriptDeclaration(const Type& type) {
  if (type.kind == Kind::ENUMERATION) {
    std::vector<std::string> members;
    for (const Enumerator& enumerator : type.enumerators) {
      members.push_back("\"" + enumerator.text + "\"");
    }
    return unionLine("", "export type " + type.name + " =", members);
  }
  if (type.fields.empty()) {
    return "export type " + type.name + " = Record<string, never>;\n";
  }
  std::string text = "export interface " + type.name + " {\n";
  for (const Field& field : type.fields) {
    const Type& fieldType = field.type();
    const bool optional = fieldType.kind == Kind::OPTION;
    text += unionLine("  ",
                      field.name + (optional ? "?:" : ":"),
                      membersOf(optional ? fieldType.element() : fieldType));
  }
  return text + "}\n";
}

}  // namespace sallyport::commands
