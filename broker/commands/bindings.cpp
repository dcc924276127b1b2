// Types first, then one function a command and an event. A BigInt and Bytes are strings on the
// wire, LargeBytes an index, so a result that holds one goes through a generated reader;
// @sallyport/api writes such arguments as strings itself. Runs in the broker.
#include "broker/commands/bindings.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <vector>

#include "broker/commands/naming.h"
#include "broker/commands/shapes.h"
#include "broker/commands/type-walk.h"
#include "broker/commands/typescript-types.h"

namespace sallyport::commands {
namespace {

// The JSON form of a type: what JSON.parse gives for it.
constexpr std::string_view JSON_TYPE = R"(
type Json<T> = T extends bigint | Uint8Array
  ? string
  : T extends (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;
)";

std::string readerName(const Type& record) {
  std::string name = record.name + "FromJson";
  name.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(name.front())));
  return name;
}

// TypeScript that turns the JSON form `json` into the type; the type reaches a BigInt or Bytes.
std::string readerOf(const Type& type, const std::string& json, int depth = 0) {
  switch (type.kind) {
    case Kind::BIG_INTEGER:
      return "BigInt(" + json + ")";
    case Kind::BYTES:
      return "fromBase64(" + json + ")";
    case Kind::LARGE_BYTES:
      return "largeBytes(" + json + ", bytes)";
    case Kind::RECORD:
      return readerName(type) + "(" + json + (reachesLargeBytes(type) ? ", bytes)" : ")");
    case Kind::OPTION:
      return json + " === null ? null : " + readerOf(type.element(), json, depth);
    case Kind::MAP:
      return "Object.fromEntries(Object.entries(" + json + ").map(([name, item]) => [name, " +
             readerOf(type.element(), "item", depth + 1) + "]))";
    case Kind::LIST: {
      const std::string item = "item" + (depth == 0 ? std::string() : std::to_string(depth));
      return json + ".map((" + item + ") => " + readerOf(type.element(), item, depth + 1) + ")";
    }
    default:
      return json;  // a choice with one inside is refused by the registry
  }
}

std::string comment(const std::string& doc) {
  const std::string line = "/** " + doc + " */\n";
  return line.size() <= PRINT_WIDTH + 1 ? line : "/**\n * " + doc + "\n */\n";
}

// head( parts )tail, with the parts on lines of their own when one line is too short.
std::string listLine(const std::string& indent,
                     const std::string& head,
                     const std::vector<std::string>& parts,
                     const std::string& tail) {
  const std::string line = indent + head + "(" + joined(parts, ", ") + ")" + tail;
  if (line.size() <= PRINT_WIDTH) {
    return line + "\n";
  }
  std::string text = indent + head + "(\n";
  for (const std::string& part : parts) {
    text += indent + "  " + part + ",\n";
  }
  return text + indent + ")" + tail + "\n";
}

// An optional field that is not there stays away, also where exactOptionalPropertyTypes tells that
// from undefined; so its JSON form must not be spread.
std::string readerFunction(const Type& record) {
  std::vector<std::string> optional;
  std::string fields;
  for (const Field& field : record.fields) {
    const Type& type = field.type();
    if (!reachesConverted(type)) {
      continue;
    }
    const std::string value = "json." + field.name;
    if (type.kind == Kind::OPTION) {
      optional.push_back("\"" + field.name + "\"");
      fields += "    ...(" + value + " === undefined ? {} : { " + field.name + ": " +
                readerOf(type.element(), value) + " }),\n";
    } else {
      fields += "    " + field.name + ": " + readerOf(type, value) + ",\n";
    }
  }
  const std::string json = "Json<" + record.name + ">";
  std::vector<std::string> given{"json: " + json};
  if (reachesLargeBytes(record)) given.emplace_back("bytes: readonly Uint8Array[]");
  return listLine("", "function " + readerName(record), given, ": " + record.name + " {") +
         "  return {\n    ..." +
         (optional.empty() ? "json"
                           : "(json as Omit<" + json + ", " + joined(optional, " | ") + ">)") +
         ",\n" + fields + "  };\n}\n";
}

bool allOptional(const Type& record) {
  return std::all_of(record.fields.begin(), record.fields.end(), [](const Field& field) {
    return field.type().kind == Kind::OPTION;
  });
}

// What a page may give for the arguments.
std::string argumentsText(const Type& arguments) {
  const std::string type =
      reachesLargeBytes(arguments) ? "WithBlobs<" + arguments.name + ">" : arguments.name;
  return "args: " + type + (allOptional(arguments) ? " = {}" : "");
}

// A command that streams: the page reads a channel of its items.
std::string channelFunction(const RegisteredCommand& registered) {
  const Type& arguments = registered.signature.arguments();
  const Type& item = registered.signature.result();
  const std::string itemText = typescriptType(item);
  std::string text = comment(registered.command.doc);
  text += listLine("",
                   "export function " + functionName(registered.command.name),
                   {argumentsText(arguments), "options?: ChannelOptions"},
                   ": Channel<" + itemText + "> {");
  std::vector<std::string> call{"\"" + registered.command.name + "\"", "args", "options"};
  if (reachesConverted(item)) {
    call.push_back("(json: Json<" + itemText + ">) => " + readerOf(item, "json"));
  }
  return text + listLine("  ", "return openChannel<" + itemText + ">", call, ";") + "}\n";
}

std::string function(const RegisteredCommand& registered) {
  if (registered.command.streams) {
    return channelFunction(registered);
  }
  const Type& arguments = registered.signature.arguments();
  const Type& result = registered.signature.result();
  const bool exact = reachesConverted(result);
  const bool waits = exact && !reachesLargeBytes(result);
  const std::string resultText = typescriptType(result);
  const std::string wire = exact ? "Json<" + resultText + ">" : resultText;
  const std::string name = functionName(registered.command.name);
  std::string text = comment(registered.command.doc);
  text += listLine("",
                   "export " + std::string(waits ? "async " : "") + "function " + name,
                   {argumentsText(arguments), "options?: CallOptions"},
                   ": Promise<" + resultText + "> {");
  const std::vector<std::string> call{"\"" + registered.command.name + "\"", "args", "options"};
  if (reachesLargeBytes(result)) {
    // As Prettier breaks a call whose last argument is a function.
    const std::string head =
        "  return invoke(" + joined(call, ", ") + ", (json: " + wire + ", bytes) =>";
    const std::string body = readerOf(result, "json");
    const std::string line = head + " " + body + ");";
    text += line.size() <= PRINT_WIDTH ? line + "\n" : head + "\n    " + body + ",\n  );\n";
  } else if (exact) {
    text += listLine("  ", "const json = await invoke<" + wire + ">", call, ";");
    text += "  return " + readerOf(result, "json") + ";\n";
  } else {
    text += listLine("  ", "return invoke<" + wire + ">", call, ";");
  }
  return text + "}\n";
}

std::string listener(const RegisteredEvent& registered) {
  const Type& payload = registered.payload();
  const bool exact = reachesConverted(payload);
  const std::string type = typescriptType(payload);
  std::string text = comment(registered.event.doc);
  text += listLine("",
                   "export function " + listenerName(registered.event.name),
                   {"handler: (event: " + type + ") => void", "options?: ListenOptions"},
                   ": Listener {");
  text += listLine("  ",
                   "return listen<" + (exact ? "Json<" + type + ">" : type) + ">",
                   {"\"" + registered.event.name + "\"",
                    exact ? "(json) => handler(" + readerOf(payload, "json") + ")" : "handler",
                    "options"},
                   ";");
  return text + "}\n";
}

// Only what is used: an import that is not would fail the page's own checks.
std::string importLine(const Registry& registry, std::string_view body) {
  const auto& commands = registry.commands();
  const auto streams = [](const RegisteredCommand& registered) {
    return registered.command.streams;
  };
  const bool some = std::any_of(commands.begin(), commands.end(), streams);
  const bool all = std::all_of(commands.begin(), commands.end(), streams);
  std::vector<std::string> names;
  if (!all) names.emplace_back("type CallOptions");
  if (some) names.insert(names.end(), {"type Channel", "type ChannelOptions"});
  const bool hears = !registry.events().empty();
  if (commands.empty() && !hears) return {};
  names.emplace_back("expectShapes");
  const auto uses = [&](std::string_view text) {
    return body.find(text) != std::string_view::npos;
  };
  if (uses("fromBase64(")) names.emplace_back("fromBase64");
  if (!all) names.emplace_back("invoke");
  names.emplace_back("isDevelopment");
  if (uses("largeBytes(")) names.emplace_back("largeBytes");
  if (hears) names.insert(names.end(), {"listen", "type Listener", "type ListenOptions"});
  if (some) names.emplace_back("openChannel");
  if (uses("WithBlobs<")) names.emplace_back("type WithBlobs");
  const std::string line = "import { " + joined(names, ", ") + " } from \"@sallyport/api\";\n";
  return line.size() <= PRINT_WIDTH + 1
             ? line
             : "import {\n  " + joined(names, ",\n  ") + ",\n} from \"@sallyport/api\";\n";
}

class Types {
 public:
  void add(const Type& root, bool toPage) {
    for (const Type* type : namedTypes(root)) {
      m_all.emplace(type->name, type);
      if (toPage && reachesConverted(*type)) {
        m_exact.emplace(type->name, type);
      }
    }
  }
  std::string declarations() const {
    std::string text;
    for (const auto& [name, type] : m_all) {
      text += "\n" + typescriptDeclaration(*type);
    }
    return text;
  }
  std::string readers() const {
    std::string text;
    for (const auto& [name, type] : m_exact) {
      text += "\n" + readerFunction(*type);
    }
    return text;
  }

 private:
  std::map<std::string, const Type*> m_all;
  std::map<std::string, const Type*> m_exact;  // what a page gets and reads by a reader
};

}  // namespace

std::string writeBindings(const Registry& registry) {
  Types types;
  std::string functions;
  for (const RegisteredCommand& registered : registry.commands()) {
    types.add(registered.signature.arguments(), false);
    types.add(registered.signature.result(), true);
    functions += "\n" + function(registered);
  }
  for (const RegisteredEvent& registered : registry.events()) {
    types.add(registered.payload(), true);
    functions += "\n" + listener(registered);
  }
  std::string text = "// Generated from the broker's commands (--emit-bindings); do not edit.\n";
  std::string body = types.readers() + functions;
  if (!registry.events().empty()) {
    body += "\n" + eventTable(registry.events());
  }
  if (!registry.commands().empty()) {
    body += "\n" + commandTable(registry.commands());
  }
  if (!registry.commands().empty() || !registry.events().empty()) {
    body += "\n" + shapesOf(registry.commands(), registry.events());
  }
  text += importLine(registry, body);
  text += types.declarations();
  if (body.find("Json<") != std::string::npos) {
    text += JSON_TYPE;
  }
  return text + body;
}

}  // namespace sallyport::commands
