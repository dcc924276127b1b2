// One walk over a type description. Runs in the broker; pure.
#include "broker/commands/shapes.h"

#include <map>

#include "broker/commands/type-walk.h"
#include "broker/commands/typescript-types.h"

namespace sallyport::commands {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string namedShape(const Type& type);

std::string shapeOf(const Type& type) {
  switch (type.kind) {
    case Kind::NOTHING:
      return quoted("null");
    case Kind::BOOLEAN:
      return quoted("boolean");
    case Kind::INTEGER:
      return quoted("integer");
    case Kind::BIG_INTEGER:
      return quoted("bigint");
    case Kind::BYTES:
      return quoted("bytes");
    case Kind::LARGE_BYTES:
      return quoted("large-bytes");
    case Kind::NUMBER:
      return quoted("number");
    case Kind::STRING:
      return quoted("string");
    case Kind::ENUMERATION:
      return type.name.empty() ? namedShape(type) : quoted(type.name);
    case Kind::RECORD:
      return quoted(type.name);
    case Kind::MAP:
      return "{ map: " + shapeOf(type.element()) + " }";
    case Kind::LIST:
      return "{ list: " + shapeOf(type.element()) + " }";
    case Kind::OPTION:
      return "{ option: " + shapeOf(type.element()) + " }";
    case Kind::CHOICE: {
      std::vector<std::string> shapes;
      for (const TypeOf alternative : type.alternatives) shapes.push_back(shapeOf(alternative()));
      return "{ oneOf: [" + joined(shapes, ", ") + "] }";
    }
  }
  return quoted("null");
}

std::string namedShape(const Type& type) {
  std::vector<std::string> parts;
  if (type.kind == Kind::ENUMERATION) {
    for (const Enumerator& enumerator : type.enumerators) parts.push_back(quoted(enumerator.text));
    return "[" + joined(parts, ", ") + "]";
  }
  for (const Field& field : type.fields) {
    const Type& fieldType = field.type();
    const bool optional = fieldType.kind == Kind::OPTION;
    parts.push_back((optional ? quoted(field.name + "?") : field.name) + ": " +
                    shapeOf(optional ? fieldType.element() : fieldType));
  }
  return parts.empty() ? "{}" : "{ " + joined(parts, ", ") + " }";
}

}  // namespace

std::string commandTable(const std::vector<RegisteredCommand>& commands) {
  std::string text =
      "/** Every command's arguments and answer, by its name: `mockSallyport<Commands>(…)`. */\n"
      "// prettier-ignore\n"
      "export interface Commands {\n";
  for (const RegisteredCommand& registered : commands) {
    const std::string result = typescriptType(registered.signature.result());
    const Type& arguments = registered.signature.arguments();
    const std::string argumentsText = typescriptType(arguments);
    text += "  " + registered.command.name + ": { args: " +
            (reachesConverted(arguments) ? "Json<" + argumentsText + ">" : argumentsText) +
            "; answer: " +
            (registered.command.streams ? "Iterable<" + result + "> | AsyncIterable<" + result + ">"
                                        : result) +
            " };\n";
  }
  return text + "}\n";
}

std::string eventTable(const std::vector<RegisteredEvent>& events) {
  std::string text =
      "/** What every event carries, by its name: `mockSallyport<Commands, Events>(…)`. */\n"
      "// prettier-ignore\n"
      "export interface Events {\n";
  for (const RegisteredEvent& registered : events) {
    text += "  " + registered.event.name + ": " + typescriptType(registered.payload()) + ";\n";
  }
  return text + "}\n";
}

std::string shapesOf(const std::vector<RegisteredCommand>& commands,
                     const std::vector<RegisteredEvent>& events) {
  std::map<std::string, std::string> types;
  std::string shapes;
  const auto add = [&](const std::string& name, const Type& toPage) {
    shapes += "    " + name + ": " + shapeOf(toPage) + ",\n";
    for (const Type* type : namedTypes(toPage)) types.emplace(type->name, namedShape(*type));
  };
  for (const RegisteredCommand& registered : commands)
    add(registered.command.name, registered.signature.result());
  for (const RegisteredEvent& registered : events) add(registered.event.name, registered.payload());
  std::string text =
      "// Development builds check what comes from the broker; a production build holds none of "
      "this.\n"
      "// prettier-ignore\n"
      "if (isDevelopment) {\n"
      "  expectShapes({\n" +
      shapes + "  }, {\n";
  for (const auto& [name, shape] : types) text += "    " + name + ": " + shape + ",\n";
  return text + "  });\n}\n";
}

}  // namespace sallyport::commands
