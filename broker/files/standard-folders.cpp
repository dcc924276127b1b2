#include "broker/files/standard-folders.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace sallyport::files {
namespace {

namespace fs = std::filesystem;
using capabilities::PathVariables;

constexpr std::size_t MAX_USER_DIRS_BYTES = 65'536;

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> USER_DIRS{{
    {"XDG_DESKTOP_DIR", "$DESKTOP"},
    {"XDG_DOCUMENTS_DIR", "$DOCUMENT"},
    {"XDG_DOWNLOAD_DIR", "$DOWNLOAD"},
    {"XDG_MUSIC_DIR", "$AUDIO"},
    {"XDG_PICTURES_DIR", "$PICTURE"},
    {"XDG_PUBLICSHARE_DIR", "$PUBLIC"},
    {"XDG_TEMPLATES_DIR", "$TEMPLATE"},
    {"XDG_VIDEOS_DIR", "$VIDEO"},
}};

// The one spelling that scopes compare; empty for what has none.
std::string plain(const fs::path& path) {
  if (!path.is_absolute()) return {};
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  std::vector<std::string_view> segments;
  return capabilities::splitPath(text, segments) ? text : std::string();
}

void put(PathVariables& variables, std::string_view name, const fs::path& path) {
  if (std::string text = plain(path); !text.empty()) variables[std::string(name)] = std::move(text);
}

fs::path base(const Environment& environment, const char* name, const fs::path& otherwise) {
  fs::path path = environment(name);
  return path.is_absolute() ? path : otherwise;  // the specification: a relative one is ignored
}

// What stands between the quotes, its escapes undone; nothing when they do not match.
std::optional<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return value;
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    value += text[i];
  }
  return std::nullopt;
}

void readLine(std::string_view line, const std::string& home, PathVariables& variables) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  for (const auto& [written, name] : USER_DIRS) {
    if (!line.starts_with(written) || !line.substr(written.size()).starts_with('=')) continue;
    auto value = unquoted(line.substr(written.size() + 1));
    if (!value) return;
    constexpr std::string_view HOME = "$HOME";
    if (value->starts_with("$HOME/")) value->replace(0, HOME.size(), home);
    // The home folder itself means that there is no such folder.
    if (plain(*value) != home) put(variables, name, *value);
    return;
  }
}

}  // namespace

PathVariables parseUserDirs(std::string_view text, const std::string& home) {
  PathVariables variables;
  if (text.size() > MAX_USER_DIRS_BYTES) return variables;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    readLine(text.substr(0, end), home, variables);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return variables;
}

PathVariables userFolders(const Environment& environment) {
  PathVariables variables;
  const std::string home = plain(environment("HOME"));
  if (home.empty() || home == "/") return variables;
  variables["$HOME"] = home;
  const fs::path config = base(environment, "XDG_CONFIG_HOME", fs::path(home) / ".config");
  put(variables, "$CONFIG", config);
  put(variables, "$DATA", base(environment, "XDG_DATA_HOME", fs::path(home) / ".local/share"));
  put(variables, "$CACHE", base(environment, "XDG_CACHE_HOME", fs::path(home) / ".cache"));
  std::ifstream file(config / "user-dirs.dirs", std::ios::binary);
  std::string text(MAX_USER_DIRS_BYTES + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  variables.merge(parseUserDirs(text, home));
  return variables;
}

AppFolders appFoldersOf(const Environment& environment, const std::string& app) {
  const fs::path home = environment("HOME");
  const auto folder = [&](const char* name, const char* otherwise) {
    const fs::path root = base(environment, name, home.is_absolute() ? home / otherwise : home);
    return root.is_absolute() ? root / "sallyport" / app : fs::path();
  };
  const fs::path state = folder("XDG_STATE_HOME", ".local/state");
  return {folder("XDG_DATA_HOME", ".local/share"),
          folder("XDG_CONFIG_HOME", ".config"),
          folder("XDG_CACHE_HOME", ".cache"),
          state.empty() ? state : state / "log"};
}

AppFolders appFoldersBeneath(const fs::path& state) {
  return {state / "data", state / "config", state / "cache", state / "log"};
}

PathVariables appVariables(const AppFolders& folders, const fs::path& resources) {
  PathVariables variables;
  put(variables, "$APPDATA", folders.data);
  put(variables, "$APPCONFIG", folders.config);
  put(variables, "$APPCACHE", folders.cache);
  put(variables, "$APPLOG", folders.log);
  put(variables, "$TEMP", folders.temporary());
  put(variables, "$RESOURCE", resources);
  return variables;
}

}  // namespace sallyport::files
