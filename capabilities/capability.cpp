// Reading capability files. Pure.
#include "capabilities/capability.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>
#include <utility>

#include "capabilities/located-json.h"
#include "capabilities/window-pattern.h"

namespace sallyport::capabilities {
namespace {

namespace json = boost::json;

// More would have no effect: the session's own bounds (proto/session.capnp) are below them.
constexpr std::uint64_t MOST_PER_MINUTE = 120'000;
constexpr std::uint64_t MOST_CONCURRENT = 256;
constexpr std::uint64_t MOST_BYTES = 1'048'576;
constexpr std::size_t MAX_IDENTIFIER_BYTES = 64;

bool isIdentifier(std::string_view text) {
  return text.size() <= MAX_IDENTIFIER_BYTES &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

bool isOriginName(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text != APP_ORIGIN &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

class CapabilityReader {
 public:
  explicit CapabilityReader(const LocatedJson& document) : m_document(document) {}

  Checked<Capability> readApps() {
    FieldReader fields(m_document,
                       m_document.root(),
                       "a capability",
                       {"$schema",
                        "identifier",
                        "description",
                        "windows",
                        "webviews",
                        "remote",
                        "platforms",
                        "permissions"},
                       m_diagnostics);
    const bool hasWebviews = fields.find("webviews") != nullptr;
    std::optional<RemoteUse> remote = readRemote(fields);
    const bool here = readPlatforms(fields);
    Checked<Capability> capability =
        read(fields, hasWebviews ? Presence::OPTIONAL : Presence::REQUIRED);
    if (capability) {
      capability->here = here;
      if (remote) {
        capability->origins = {remote->origin.text};
        capability->remote = std::move(remote);
      }
    }
    return capability;
  }

  Checked<Capability> readAdmins() {
    FieldReader fields(
        m_document,
        m_document.root(),
        "an admin policy",
        {"$schema", "identifier", "description", "apps", "windows", "webviews", "permissions"},
        m_diagnostics);
    std::vector<WrittenName> apps = fields.strings("apps", Presence::OPTIONAL);
    Checked<Capability> capability = read(fields, Presence::OPTIONAL);
    if (capability) {
      capability->apps = std::move(apps);
    }
    return capability;
  }

 private:
  Checked<Capability> read(FieldReader& fields, Presence windows) {
    Capability capability;
    fields.string("$schema", Presence::OPTIONAL);
    if (std::optional<WrittenName> name = fields.string("identifier", Presence::REQUIRED)) {
      if (!isIdentifier(name->text)) {
        m_diagnostics.add(name->at,
                          "`identifier` has at most 64 letters, digits, `-`, `_` and `.`");
      }
      capability.identifier = std::move(*name);
    }
    if (std::optional<WrittenName> text = fields.string("description", Presence::OPTIONAL)) {
      capability.description = std::move(text->text);
    }
    capability.windows = readPatterns(fields, "windows", windows);
    capability.webviews = readPatterns(fields, "webviews", Presence::OPTIONAL);
    readPermissions(fields, capability);
    if (!m_diagnostics.empty()) {
      return std::move(m_diagnostics);
    }
    return capability;
  }

  std::vector<WrittenName> readPatterns(FieldReader& fields,
                                        std::string_view field,
                                        Presence presence) {
    std::vector<WrittenName> patterns = fields.strings(field, presence);
    std::set<std::string_view> seen;
    for (const WrittenName& pattern : patterns) {
      const std::string problem = windowPatternProblem(pattern.text);
      if (!problem.empty()) {
        m_diagnostics.add(pattern.at, problem, "name the windows");
      } else if (!seen.insert(pattern.text).second) {
        m_diagnostics.add(pattern.at, "`" + pattern.text + "` is listed twice");
      }
    }
    return patterns;
  }

  std::optional<RemoteUse> readRemote(const FieldReader& fields) {
    const json::value* value = fields.find("remote");
    if (value == nullptr) {
      return std::nullopt;
    }
    FieldReader inner(m_document,
                      *value,
                      "`remote`",
                      {"origin", "urls", "addresses", "authorities"},
                      m_diagnostics);
    RemoteUse remote;
    if (std::optional<WrittenName> origin = inner.string("origin", Presence::REQUIRED)) {
      if (!isOriginName(origin->text)) {
        m_diagnostics.add(origin->at,
                          "`" + origin->text + "` is no name of a remote origin",
                          "use 1 to 32 of a-z, 0-9 and -, and not `app`");
      }
      remote.origin = std::move(*origin);
    }
    readHosts(inner, remote);
    if (std::optional<WrittenName> range = inner.string("addresses", Presence::OPTIONAL)) {
      readRange(*range, remote);
    }
    readAuthorities(inner, remote);
    return remote;
  }

  void readHosts(FieldReader& fields, RemoteUse& remote) {
    const std::vector<WrittenName> urls = fields.strings("urls", Presence::REQUIRED);
    std::set<std::string_view> seen;
    for (const WrittenName& url : urls) {
      std::string problem;
      std::optional<UrlPattern> pattern = parseRemoteHost(url.text, problem);
      if (!pattern) {
        m_diagnostics.add(url.at, problem, "write it as `https://example.org`");
      } else if (!seen.insert(url.text).second) {
        m_diagnostics.add(url.at, "`" + url.text + "` is listed twice");
      } else if (seen.size() > MAX_REMOTE_HOSTS) {
        m_diagnostics.add(url.at, "a remote origin has at most 64 hosts");
        return;
      } else {
        remote.hosts.push_back({url.text, std::move(*pattern), url.at});
      }
    }
  }

  void readRange(const WrittenName& written, RemoteUse& remote) {
    std::vector<std::string_view> names;
    for (const AddressRange range :
         {AddressRange::PUBLIC, AddressRange::PRIVATE, AddressRange::LOOPBACK}) {
      names.push_back(addressRangeName(range));
      if (written.text == names.back()) {
        remote.addresses = range;
        return;
      }
    }
    m_diagnostics.add(written.at,
                      "`addresses` is `public`, `private` or `loopback`",
                      suggest(written.text, names));
  }

  void readAuthorities(FieldReader& fields, RemoteUse& remote) {
    for (WrittenName& authority : fields.strings("authorities", Presence::OPTIONAL)) {
      if (!authority.text.starts_with("-----BEGIN CERTIFICATE-----\n") ||
          authority.text.size() > MAX_AUTHORITY_BYTES) {
        m_diagnostics.add(authority.at,
                          "an authority is one certificate as PEM text, at most 8 KiB");
      } else if (remote.authorities.size() == MAX_AUTHORITIES) {
        m_diagnostics.add(authority.at, "a remote origin has at most 8 authorities");
        return;
      } else {
        remote.authorities.push_back(std::move(authority.text));
      }
    }
  }

  // Whether the file is meant for this platform: it names it, or none.
  bool readPlatforms(FieldReader& fields) {
    const std::vector<WrittenName> platforms = fields.strings("platforms", Presence::OPTIONAL);
    std::set<std::string_view> seen;
    for (const WrittenName& platform : platforms) {
      if (std::find(PLATFORMS.begin(), PLATFORMS.end(), platform.text) == PLATFORMS.end()) {
        m_diagnostics.add(platform.at,
                          "there is no platform `" + platform.text + "`",
                          suggest(platform.text, {PLATFORMS.begin(), PLATFORMS.end()}));
      } else if (!seen.insert(platform.text).second) {
        m_diagnostics.add(platform.at, "`" + platform.text + "` is listed twice");
      }
    }
    return platforms.empty() || seen.count(PLATFORMS.front()) > 0;
  }

  void readPermissions(FieldReader& fields, Capability& capability) {
    const json::array* items = fields.array("permissions", Presence::REQUIRED);
    if (items == nullptr) {
      return;
    }
    std::set<std::string> seen;
    for (const json::value& item : *items) {
      PermissionUse use;
      if (const json::string* text = item.if_string(); text != nullptr && !text->empty()) {
        use.identifier = {std::string(text->data(), text->size()), m_document.at(item)};
      } else if (item.is_object()) {
        if (!readPermissionObject(item, use)) {
          continue;
        }
      } else {
        m_diagnostics.add(m_document.at(item),
                          "a permission is a string or an object with `identifier`");
        continue;
      }
      if (!seen.insert(use.identifier.text).second) {
        m_diagnostics.add(use.identifier.at, "`" + use.identifier.text + "` is listed twice");
      }
      capability.permissions.push_back(std::move(use));
    }
  }

  bool readPermissionObject(const json::value& item, PermissionUse& use) {
    FieldReader fields(
        m_document, item, "a permission", {"identifier", "allow", "deny", "limits"}, m_diagnostics);
    std::optional<WrittenName> identifier = fields.string("identifier", Presence::REQUIRED);
    use.allow = readScope(fields, "allow");
    use.deny = readScope(fields, "deny");
    if (const json::value* limits = fields.find("limits")) {
      FieldReader bounds(
          m_document, *limits, "`limits`", {"perMinute", "concurrent", "maxBytes"}, m_diagnostics);
      use.limits.perMinute = narrow(bounds.count("perMinute", MOST_PER_MINUTE));
      use.limits.concurrent = narrow(bounds.count("concurrent", MOST_CONCURRENT));
      use.limits.maxBytes = bounds.count("maxBytes", MOST_BYTES);
    }
    if (identifier) {
      use.identifier = std::move(*identifier);
    }
    return !use.identifier.text.empty();
  }

  static std::optional<std::uint32_t> narrow(std::optional<std::uint64_t> count) {
    return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
  }

  std::vector<WrittenScopeEntry> readScope(FieldReader& fields, std::string_view field) {
    std::vector<WrittenScopeEntry> scope;
    const json::array* entries = fields.array(field, Presence::OPTIONAL);
    if (entries == nullptr) {
      return scope;
    }
    if (entries->empty()) {
      m_diagnostics.add(m_document.at(*fields.find(field)),
                        "`" + std::string(field) + "` must not be empty");
    }
    for (const json::value& entry : *entries) {
      if (const json::string* text = entry.if_string(); text != nullptr && !text->empty()) {
        scope.push_back({{std::string(text->data(), text->size()), m_document.at(entry)}, {}});
      } else if (entry.is_object()) {
        readScopeObject(entry, scope);
      } else {
        m_diagnostics.add(m_document.at(entry),
                          "an entry of a scope is a string, or an object with `path`, `url`, "
                          "`command` or `link`");
      }
    }
    return scope;
  }

  void readScopeObject(const json::value& entry, std::vector<WrittenScopeEntry>& scope) {
    FieldReader fields(m_document,
                       entry,
                       "an entry of a scope",
                       {"path", "url", "command", "link"},
                       m_diagnostics);
    std::size_t found = 0;
    for (const ScopeKind kind : SCOPE_KINDS) {
      const std::string_view name = scopeKindName(kind);
      if (fields.find(name) == nullptr) {
        continue;
      }
      ++found;
      if (std::optional<WrittenName> text = fields.string(name, Presence::REQUIRED)) {
        scope.push_back({std::move(*text), kind});
      }
    }
    if (found != 1) {
      m_diagnostics.add(m_document.at(entry),
                        "an entry of a scope has one of `path`, `url`, `command` and `link`");
    }
  }

  const LocatedJson& m_document;
  Diagnostics m_diagnostics;
};

}  // namespace

Checked<Capability> parseCapability(std::string_view file, std::string_view text) {
  Checked<LocatedJson> document = LocatedJson::read(file, text);
  if (!document) {
    return document.error();
  }
  return CapabilityReader(*document).readApps();
}

Checked<Capability> parseAdminPolicy(std::string_view file, std::string_view text) {
  Checked<LocatedJson> document = LocatedJson::read(file, text);
  if (!document) {
    return document.error();
  }
  return CapabilityReader(*document).readAdmins();
}

}  // namespace sallyport::capabilities
