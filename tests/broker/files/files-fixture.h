// A folder of a test as the home of a user, and grants that reach into it.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/files/location.h"
#include "capabilities/scope.h"

namespace sallyport::files::test {

inline capabilities::Scope scopeOf(const std::vector<std::string>& allow,
                                   const std::vector<std::string>& deny = {}) {
  using capabilities::ScopeSide;
  capabilities::Scope scope;
  const auto add = [&](auto& list, ScopeSide side, const std::string& text) {
    capabilities::ScopePattern pattern;
    std::string problem;
    if (!parseScopePattern(capabilities::ScopeKind::PATH, side, text, pattern, problem))
      throw std::logic_error(problem);
    list.push_back({text, std::move(pattern)});
  };
  for (const auto& text : allow) add(scope.allow, ScopeSide::ALLOW, text);
  for (const auto& text : deny) add(scope.deny, ScopeSide::DENY, text);
  return scope;
}

struct FilesFixture {
  FilesFixture() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sallyport-files-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for the test");
    home = std::filesystem::canonical(pattern);
    std::filesystem::create_directories(home / "data" / "notes");
    std::filesystem::create_directories(home / "secret");
    write("secret/key", "secret");
    places.variables = {{"$APPDATA", (home / "data").string()}, {"$HOME", home.string()}};
    places.keepFree = 0;
  }
  ~FilesFixture() {
    std::error_code ignored;
    std::filesystem::remove_all(home, ignored);
  }
  FilesFixture(const FilesFixture&) = delete;
  FilesFixture& operator=(const FilesFixture&) = delete;

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(home / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(home / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(home / name));
  }
  // What is in a folder, hidden names too.
  std::vector<std::string> names(const std::string& folder) const {
    std::vector<std::string> list;
    for (const auto& entry : std::filesystem::directory_iterator(home / folder))
      list.push_back(entry.path().filename().string());
    return list;
  }

  std::filesystem::path home;
  Places places;
  capabilities::Scope scope = scopeOf({"$APPDATA", "$APPDATA/**"}, {"**/.*"});
  Reach reach{scope, places};
};

// "ok", or the code of the error.
template <typename Value>
std::string outcome(const commands::Result<Value>& result) {
  return result.has_error() ? std::string(commands::codeName(result.error().code)) : "ok";
}

}  // namespace sallyport::files::test
