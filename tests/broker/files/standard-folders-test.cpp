// Where a desktop says that its folders are; its files are the user's, not to be right.
#include "broker/files/standard-folders.h"

#include <map>

#include "tests/broker/files/files-fixture.h"

namespace sallyport::files {
namespace {

using Values = std::map<std::string, std::string>;

Environment environmentOf(Values values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}

TEST_CASE("the user's folders are read as xdg-user-dirs writes them") {
  const auto folders = parseUserDirs(R"(# made by xdg-user-dirs-update
XDG_DESKTOP_DIR="$HOME/Desktop"
  XDG_DOCUMENTS_DIR="/data/Anna \"A\" Docs"
XDG_DOWNLOAD_DIR="$HOME/"
XDG_MUSIC_DIR="Music"
XDG_PICTURES_DIR="$HOME/../other"
XDG_VIDEOS_DIR="$HOME/Videos
XDG_PUBLICSHARE_DIR=$HOME/Public
XDG_OTHER_DIR="$HOME/Other"
)",
                                     "/home/anna");
  CHECK(folders == capabilities::PathVariables{{"$DESKTOP", "/home/anna/Desktop"},
                                               {"$DOCUMENT", "/data/Anna \"A\" Docs"},
                                               {"$PICTURE", "/home/other"}});
  CHECK(parseUserDirs(std::string(70'000, 'x'), "/home/anna").empty());
  CHECK(parseUserDirs("XDG_DESKTOP_DIR=\"\\", "/home/anna").empty());
}

TEST_CASE_FIXTURE(test::FilesFixture, "without variables the folders are the specification's") {
  std::filesystem::create_directory(home / ".config");
  write(".config/user-dirs.dirs", "XDG_DOCUMENTS_DIR=\"$HOME/Papers\"\n");
  const auto found = userFolders(environmentOf({{"HOME", home.string()}}));
  CHECK(found.at("$HOME") == home.string());
  CHECK(found.at("$DATA") == home.string() + "/.local/share");
  CHECK(found.at("$DOCUMENT") == home.string() + "/Papers");
  CHECK(found.count("$RUNTIME") == 0);
  const auto moved =
      userFolders(environmentOf({{"HOME", home.string()}, {"XDG_DATA_HOME", "/srv/data/"}}));
  CHECK(moved.at("$DATA") == "/srv/data");
  CHECK(userFolders(environmentOf({{"HOME", home.string()}, {"XDG_DATA_HOME", "relative"}}))
            .at("$DATA") == home.string() + "/.local/share");
  CHECK(userFolders(environmentOf({})).empty());
}

TEST_CASE("an app's folders are its own") {
  const auto folders = appFoldersOf(environmentOf({{"HOME", "/home/anna"}}), "notes");
  const auto variables = appVariables(folders, "/opt/notes/resources");
  CHECK(variables ==
        capabilities::PathVariables{{"$APPDATA", "/home/anna/.local/share/sallyport/notes"},
                                    {"$APPCONFIG", "/home/anna/.config/sallyport/notes"},
                                    {"$APPCACHE", "/home/anna/.cache/sallyport/notes"},
                                    {"$APPLOG", "/home/anna/.local/state/sallyport/notes/log"},
                                    {"$TEMP", "/home/anna/.cache/sallyport/notes/temp"},
                                    {"$RESOURCE", "/opt/notes/resources"}});
  CHECK(appVariables(appFoldersOf(environmentOf({}), "notes"), {}).empty());
}

}  // namespace
}  // namespace sallyport::files
