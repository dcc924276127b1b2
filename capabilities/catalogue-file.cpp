#include "capabilities/catalogue-file.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "capabilities/located-json.h"
#include "capabilities/permission-sets.h"

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

// One entry a line, so that two catalogues can be compared by eye.
std::string lines(const std::vector<json::object>& entries) {
  std::string text;
  for (const json::object& entry : entries) {
    text += (text.empty() ? "\n    " : ",\n    ") + json::serialize(entry);
  }
  return text;
}

ScopeKind readScopeKind(FieldReader& command, Diagnostics& diagnostics) {
  const std::optional<WrittenName> name = command.string("scope", Presence::OPTIONAL);
  if (!name) {
    return ScopeKind::NONE;
  }
  for (const ScopeKind kind : SCOPE_KINDS) {
    if (name->text == scopeKindName(kind)) {
      return kind;
    }
  }
  diagnostics.add(name->at, "a scope is of `path`, `url`, `command` or `link`");
  return ScopeKind::NONE;
}

}  // namespace

std::string writeCatalogue(const std::vector<CatalogueCommand>& commands,
                           const std::vector<PermissionSet>& sets) {
  std::vector<json::object> commandEntries;
  std::vector<json::object> eventEntries;
  for (const CatalogueCommand& command : commands) {
    json::object entry{{"name", command.name}, {"module", command.module}};
    if (command.scope != ScopeKind::NONE) {
      entry["scope"] = scopeKindName(command.scope);
    }
    (isEvent(command) ? eventEntries : commandEntries).push_back(std::move(entry));
  }
  std::vector<json::object> setEntries;
  for (const PermissionSet& set : sets) {
    json::array permissions;
    for (const WrittenName& permission : set.permissions) {
      permissions.emplace_back(permission.text);
    }
    setEntries.push_back({{"identifier", set.identifier.text},
                          {"description", set.description},
                          {"permissions", std::move(permissions)}});
  }
  return "{\n  \"commands\": [" + lines(commandEntries) + "\n  ],\n  \"events\": [" +
         lines(eventEntries) + "\n  ],\n  \"sets\": [" + lines(setEntries) + "\n  ]\n}\n";
}

Checked<Catalogue> readCatalogue(std::string_view file, std::string_view text) {
  Checked<LocatedJson> document = LocatedJson::read(file, text);
  if (!document) {
    return document.error();
  }
  Diagnostics diagnostics;
  FieldReader fields(
      *document, document->root(), "a catalogue", {"commands", "events", "sets"}, diagnostics);
  std::vector<CatalogueCommand> commands;
  if (const json::array* items = fields.array("commands", Presence::REQUIRED)) {
    for (const json::value& item : *items) {
      FieldReader command(*document, item, "a command", {"name", "module", "scope"}, diagnostics);
      std::optional<WrittenName> name = command.string("name", Presence::REQUIRED);
      std::optional<WrittenName> module = command.string("module", Presence::REQUIRED);
      const ScopeKind scope = readScopeKind(command, diagnostics);
      if (name && module) {
        commands.push_back({std::move(name->text), std::move(module->text), scope});
      }
    }
  }
  if (const json::array* items = fields.array("events", Presence::REQUIRED)) {
    for (const json::value& item : *items) {
      FieldReader event(*document, item, "an event", {"name", "module"}, diagnostics);
      std::optional<WrittenName> name = event.string("name", Presence::REQUIRED);
      std::optional<WrittenName> module = event.string("module", Presence::REQUIRED);
      if (name && module) {
        commands.push_back({std::move(name->text), std::move(module->text)});
      }
    }
  }
  std::vector<PermissionSet> sets;
  if (const json::array* items = fields.array("sets", Presence::REQUIRED)) {
    sets = readPermissionSets(*document, *items, diagnostics);
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return Catalogue::create(std::move(commands), sets);
}

}  // namespace sallyport::capabilities
