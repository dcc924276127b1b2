#include "capabilities/tauri-import.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <set>
#include <utility>

#include "capabilities/capability.h"
#include "capabilities/located-json.h"
#include "capabilities/window-pattern.h"

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::string quote(std::string_view text) { return json::serialize(json::value(text)); }

// "core:window:allow-close" is "window:allow-close" here, "clipboard-manager:…" "clipboard:…". An
// app's own permissions have no prefix there; here the module that has it, when it is only one.
std::string ourName(std::string_view theirs, const Catalogue& catalogue) {
  constexpr std::string_view CORE = "core:";
  constexpr std::string_view CLIPBOARD = "clipboard-manager:";
  if (theirs.starts_with(CORE) && theirs.find(':', CORE.size()) != std::string_view::npos) {
    return std::string(theirs.substr(CORE.size()));
  }
  if (theirs.starts_with(CLIPBOARD)) {
    return "clipboard:" + std::string(theirs.substr(CLIPBOARD.size()));
  }
  if (theirs == "process:allow-exit") return "app:allow-exit-app";
  if (theirs == "process:allow-restart") return "process:allow-relaunch-app";
  if (theirs.find(':') == std::string_view::npos) {
    std::vector<std::string> found;
    for (const auto& [name, permission] : catalogue.permissions()) {
      if (name.ends_with(":" + std::string(theirs))) {
        found.push_back(name);
      }
    }
    if (found.size() == 1) {
      return found.front();
    }
  }
  return std::string(theirs);
}

class Importer {
 public:
  Importer(const LocatedJson& document, const Catalogue& catalogue, const TauriChoice& choice)
      : m_document(document), m_catalogue(catalogue), m_choice(choice) {}

  Checked<TauriImport> import(const json::object& theirs) {
    for (const json::key_value_pair& field : theirs) {
      read(field);
    }
    if (!m_choice.windows.empty()) {
      m_windows.clear();
      for (const std::string& window : m_choice.windows) {
        const std::string problem = windowPatternProblem(window);
        if (problem.empty()) {
          m_windows.push_back(window);
        } else {
          m_fatal.add({}, "`" + window + "`: " + problem);
        }
      }
    }
    if (m_identifier.empty()) {
      m_fatal.add(m_document.at(m_document.root()), "the capability has no identifier");
    }
    if (m_windows.empty() && m_webviews.empty()) {
      m_fatal.add({}, "no window is left that it could mean", "name them with --window LABEL");
    }
    if (!m_fatal.empty()) {
      m_fatal.append(std::move(m_result.leftOut));
      return std::move(m_fatal);
    }
    m_result.capability = write();
    return std::move(m_result);
  }

 private:
  void leave(const Source& at, std::string why, std::string fix = {}) {
    m_result.leftOut.add(at, std::move(why), std::move(fix));
  }
  void note(const Source& at, std::string why) { m_result.notes.add(at, std::move(why)); }

  void read(const json::key_value_pair& field) {
    const std::string_view name(field.key().data(), field.key().size());
    const json::value& value = field.value();
    const Source at = m_document.at(field);
    if (name == "identifier") {
      readIdentifier(value);
    } else if (name == "description" && value.is_string()) {
      m_description = view(value.get_string());
    } else if (name == "windows") {
      m_windows = readPatterns(value);
    } else if (name == "webviews") {
      m_webviews = readPatterns(value);
      note(at, "here `windows` and `webviews` must both match; there one of them was enough");
    } else if (name == "permissions") {
      readPermissions(value);
    } else if (name == "local") {
      if (!value.is_bool() || !value.get_bool()) {
        m_fatal.add(at, "it is for remote pages only, which would get the app's own rights here");
      }
    } else if (name == "platforms") {
      readPlatforms(value, at);
    } else {
      leave(at,
            "`" + std::string(name) + "` has no equivalent",
            name == "remote" ? "remote pages get nothing from this capability" : "");
    }
  }

  void readIdentifier(const json::value& value) {
    if (!value.is_string()) {
      return;
    }
    const std::string_view theirs = view(value.get_string());
    for (const char c : theirs.substr(0, 64)) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      m_identifier += fits ? c : '-';
    }
    if (m_identifier != theirs) {
      note(m_document.at(value), "the identifier is written `" + m_identifier + "` here");
    }
  }

  std::vector<std::string> readPatterns(const json::value& value) {
    std::vector<std::string> patterns;
    for (const json::value& item : arrayOf(value)) {
      const std::string pattern(item.is_string() ? view(item.get_string()) : "");
      const std::string problem = windowPatternProblem(pattern);
      if (!problem.empty()) {
        leave(m_document.at(item), "`" + pattern + "`: " + problem, "name the windows");
      } else if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) {
        patterns.push_back(pattern);
        if (pattern.find('*') != std::string::npos) {
          note(m_document.at(item), "here `*` does not cross `-`, `/` and `:`");
        }
      }
    }
    return patterns;
  }

  void readPlatforms(const json::value& value, const Source& at) {
    for (const json::value& item : arrayOf(value)) {
      const std::string platform(item.is_string() ? view(item.get_string()) : "");
      if (std::find(PLATFORMS.begin(), PLATFORMS.end(), platform) == PLATFORMS.end()) {
        leave(m_document.at(item), "there is no platform `" + platform + "`");
      } else if (std::find(m_platforms.begin(), m_platforms.end(), platform) == m_platforms.end()) {
        m_platforms.push_back(platform);
      }
    }
    // Without the field it would be for every platform, and so for this one.
    if (m_platforms.empty()) {
      m_fatal.add(at, "it names no platform");
    }
  }

  void readPermissions(const json::value& value) {
    for (const json::value& item : arrayOf(value)) {
      const json::object* object = item.if_object();
      const json::value* name = object == nullptr ? &item : object->if_contains("identifier");
      if (name == nullptr || !name->is_string()) {
        leave(m_document.at(item), "this is no permission");
        continue;
      }
      readPermission(*name, object);
    }
  }

  void readPermission(const json::value& name, const json::object* object) {
    const std::string theirs(view(name.get_string()));
    const std::string ours = ourName(theirs, m_catalogue);
    const Source at = m_document.at(name);
    const Permission* permission = m_catalogue.find(ours);
    if (permission == nullptr) {
      Diagnostics why;
      m_catalogue.reportUnknown({ours, at}, why);
      leave(at, "`" + theirs + "` has no equivalent", why.list.front().fix);
      return;
    }
    if (!m_names.insert(ours).second) {
      leave(at, "`" + theirs + "` is listed twice; the first counts");
      return;
    }
    if (ours != theirs) {
      note(at, "`" + theirs + "` is `" + ours + "` here");
    } else if (ours.ends_with(":default")) {
      note(at, "`" + ours + "` holds what this project's module puts into it, not what theirs did");
    }
    const std::optional<json::object> scope = readScope(theirs, *permission, object);
    if (!scope) {
      m_names.erase(ours);
      return;
    }
    if (scope->empty()) {
      m_permissions.push_back(quote(ours));
      return;
    }
    json::object whole{{"identifier", ours}};
    for (const json::key_value_pair& field : *scope) {
      whole.insert(field);
    }
    m_permissions.push_back(json::serialize(whole));
  }

  // `allow` and `deny`; nothing when the permission has to go, because without them it would be
  // wider.
  std::optional<json::object> readScope(const std::string& theirs,
                                        const Permission& permission,
                                        const json::object* object) {
    json::object scope;
    if (object == nullptr) {
      return scope;
    }
    for (const json::key_value_pair& field : *object) {
      const std::string_view name(field.key().data(), field.key().size());
      if (name == "identifier") {
        continue;
      }
      const Source at = m_document.at(field);
      if (name != "allow" && name != "deny") {
        leave(at,
              "`" + theirs + "`: `" + std::string(name) + "` has no equivalent, so it is left out");
        return std::nullopt;
      }
      const ScopeSide side = name == "allow" ? ScopeSide::ALLOW : ScopeSide::DENY;
      const ScopeKind kind =
          scopeKindOf(m_catalogue.commands(), permission).value_or(ScopeKind::NONE);
      const bool fits = kind != ScopeKind::NONE &&
                        (permission.allows.empty() || permission.denies.empty()) &&
                        (side == ScopeSide::DENY || !permission.allows.empty());
      if (!fits) {
        leave(at,
              "`" + theirs +
                  "` takes no such scope here; without it, it would be wider, so it is left out");
        return std::nullopt;
      }
      json::array kept;
      for (const json::value& entry : arrayOf(field.value())) {
        const std::string problem = readEntry(kind, side, entry, kept);
        if (problem.empty()) {
          continue;
        }
        leave(m_document.at(entry), problem);
        if (side == ScopeSide::DENY) {
          leave(at, "`" + theirs + "` would be wider without this deny, so it is left out");
          return std::nullopt;
        }
      }
      if (!kept.empty()) {
        scope.emplace(field.key(), std::move(kept));
      } else if (side == ScopeSide::ALLOW) {
        note(at, "`" + theirs + "` reaches nothing: no entry of its `allow` is left");
      }
    }
    return scope;
  }

  std::string readEntry(ScopeKind kind,
                        ScopeSide side,
                        const json::value& entry,
                        json::array& kept) {
    const json::value* text = &entry;
    if (const json::object* object = entry.if_object()) {
      // Theirs for the opener are `url`, as those of requests are.
      const std::string_view name = kind == ScopeKind::LINK ? "url" : scopeKindName(kind);
      text = object->size() == 1 ? object->if_contains(name) : nullptr;
    }
    if (text == nullptr || !text->is_string()) {
      return "this entry has no equivalent";
    }
    ScopePattern pattern;
    std::string problem;
    if (!parseScopePattern(kind, side, view(text->get_string()), pattern, problem)) {
      return problem;
    }
    if (const UrlPattern* url = std::get_if<UrlPattern>(&pattern);
        url != nullptr && url->subdomains == UrlPattern::Subdomains::ONE) {
      note(m_document.at(entry), "here `*` stands for one label of a host; `**` for any number");
    }
    kept.push_back(kind == ScopeKind::LINK ? *text : entry);
    return {};
  }

  const json::array& arrayOf(const json::value& value) {
    static const json::array NONE;
    if (const json::array* items = value.if_array()) {
      return *items;
    }
    leave(m_document.at(value), "this must be a list");
    return NONE;
  }

  static std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
      text += (text.empty() ? "" : ", ") + quote(name);
    }
    return "[" + text + "]";
  }

  std::string write() const {
    std::string text = "{\n  \"identifier\": " + quote(m_identifier);
    if (!m_description.empty()) {
      text += ",\n  \"description\": " + quote(m_description);
    }
    if (!m_windows.empty()) {
      text += ",\n  \"windows\": " + list(m_windows);
    }
    if (!m_webviews.empty()) {
      text += ",\n  \"webviews\": " + list(m_webviews);
    }
    if (!m_platforms.empty()) {
      text += ",\n  \"platforms\": " + list(m_platforms);
    }
    text += ",\n  \"permissions\": [";
    for (std::size_t i = 0; i < m_permissions.size(); ++i) {
      text += (i == 0 ? "\n    " : ",\n    ") + m_permissions[i];
    }
    return text + (m_permissions.empty() ? "]\n}\n" : "\n  ]\n}\n");
  }

  const LocatedJson& m_document;
  const Catalogue& m_catalogue;
  const TauriChoice& m_choice;
  TauriImport m_result;
  Diagnostics m_fatal;
  std::string m_identifier;
  std::string m_description;
  std::vector<std::string> m_windows;
  std::vector<std::string> m_webviews;
  std::vector<std::string> m_platforms;
  std::set<std::string> m_names;
  std::vector<std::string> m_permissions;  // as JSON
};

// A file holds one, a list, or { "capabilities": [...] }.
std::vector<const json::object*> capabilitiesIn(const json::value& root) {
  const json::array* list = root.if_array();
  if (const json::object* object = root.if_object()) {
    const json::value* inner = object->if_contains("capabilities");
    if (inner == nullptr) {
      return {object};
    }
    list = inner->if_array();
  }
  std::vector<const json::object*> all;
  if (list != nullptr) {
    for (const json::value& item : *list) {
      if (const json::object* object = item.if_object()) {
        all.push_back(object);
      }
    }
  }
  return all;
}

std::string identifierOf(const json::object& capability) {
  const json::value* identifier = capability.if_contains("identifier");
  return identifier != nullptr && identifier->is_string()
             ? std::string(view(identifier->get_string()))
             : "";
}

}  // namespace

Checked<TauriImport> importTauri(std::string_view file,
                                 std::string_view text,
                                 const Catalogue& catalogue,
                                 const TauriChoice& choice) {
  Checked<LocatedJson> document = LocatedJson::read(file, text);
  if (!document) {
    return document.error();
  }
  const std::vector<const json::object*> all = capabilitiesIn(document->root());
  std::vector<const json::object*> wanted;
  std::string names;
  for (const json::object* one : all) {
    const std::string name = identifierOf(*one);
    names += (names.empty() ? "" : ", ") + name;
    if (choice.identifier.empty() || name == choice.identifier) {
      wanted.push_back(one);
    }
  }
  if (wanted.size() != 1) {
    Diagnostics diagnostics;
    diagnostics.add(document->at(document->root()),
                    all.empty() ? "there is no capability in it"
                                : "there is not one capability to take, but: " + names,
                    all.empty() ? "" : "choose one with --identifier NAME");
    return diagnostics;
  }
  return Importer(*document, catalogue, choice).import(*wanted.front());
}

}  // namespace sallyport::capabilities
