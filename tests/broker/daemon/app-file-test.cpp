#include "broker/daemon/app-file.h"

#include <doctest/doctest.h>

#include "broker/commands/modules/core/core-module.h"
#include "broker/commands/registry.h"
#include "broker/daemon/page-states.h"
#include "broker/daemon/policy-files.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

constexpr const char* GOOD = R"({
  "identifier": "notes",
  "title": "Notes",
  "windows": [
    { "label": "main", "title": "Notes", "width": 1100, "height": 760 },
    { "label": "side-1", "title": "Side" }
  ],
  "contentSecurityPolicy": "default-src 'none'; script-src 'self'"
})";

std::string with(std::string_view what, std::string_view instead) {
  std::string text = GOOD;
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

void checkWrong(const std::string& text, std::string_view line) {
  const auto app = parseAppFile("app.json", text);
  REQUIRE_MESSAGE(app.has_error(), text);
  const auto said = capabilities::format(app.error());
  CHECK_MESSAGE(said.find(line) != std::string::npos, said);
}

TEST_CASE("a good file gives the app as it is written") {
  const auto app = parseAppFile("app.json", GOOD);
  REQUIRE_MESSAGE(app.has_value(), capabilities::format(app.error()));
  CHECK(app->identifier == "notes");
  CHECK(app->title == "Notes");
  REQUIRE(app->windows.size() == 2);
  CHECK(app->windows[0].label == "main");
  CHECK(app->windows[0].width == 1100);
  CHECK(app->windows[0].height == 760);
  CHECK(app->windows[1].width == 1000);
  CHECK(app->windows[1].height == 700);
  CHECK(app->contentSecurityPolicy == "default-src 'none'; script-src 'self'");
}

TEST_CASE("a field that is not known is named with file, line, column and the nearest name") {
  checkWrong(with("\"windows\"", "\"window\""), "app.json:4:3: ");
  checkWrong(with("\"windows\"", "\"window\""), "did you mean `windows`?");
  checkWrong(with("\"width\"", "\"widht\""), "app.json:5:42: ");
  checkWrong(with("\"width\"", "\"widht\""), "did you mean `width`?");
}

TEST_CASE("what is missing is named") {
  checkWrong(R"({"identifier":"a","title":"A","windows":[{"label":"m","title":"t"}]})",
             "`contentSecurityPolicy`");
  checkWrong(R"({"title":"A"})", "`identifier`");
  checkWrong(with(R"("label": "side-1", )", ""), "app.json:6:5: ");
  checkWrong("{}", "`windows`");
}

TEST_CASE("a label is given once, and is 1 to 32 of a-z, 0-9 and -") {
  checkWrong(with("side-1", "main"), "app.json:6:16: the label `main` is given twice");
  for (const char* label : {"Main", "ma in", "ma/in", "*", "mäin"})
    checkWrong(with("side-1", label), "is no window label. Fix: use 1 to 32 of a-z, 0-9 and -");
  checkWrong(with("side-1", std::string(33, 'a')), "is no window label");
  checkWrong(with("side-1", ""), "app.json:6:16: `label` must be a string that is not empty");
  CHECK(parseAppFile("app.json", with("side-1", std::string(32, 'a'))).has_value());
}

TEST_CASE("a side is 200 to 8192 pixels") {
  for (const char* side : {"199", "1"}) checkWrong(with("1100", side), "width must be 200 to 8192");
  for (const char* side : {"8193", "0", "-1", "1.5", "\"500\"", "null", "99999999999999999999"})
    checkWrong(with("1100", side), "app.json:5:");
  CHECK(parseAppFile("app.json", with("1100", "8192")).has_value());
  CHECK(parseAppFile("app.json", with("1100", "200")).has_value());
}

TEST_CASE("a window opens at start, or on demand of its parent") {
  const auto opened = [](const char* fields) {
    return with(R"("title": "Side")", std::string(R"("title": "Side", )") + fields);
  };
  const auto app = parseAppFile("app.json", opened(R"("open": "demand", "parent": "main")"));
  REQUIRE_MESSAGE(app.has_value(), capabilities::format(app.error()));
  CHECK(app->windows[0].open == WindowSpec::Open::START);
  CHECK(app->windows[0].parent.empty());
  CHECK(app->windows[1].open == WindowSpec::Open::DEMAND);
  CHECK(app->windows[1].parent == "main");
  CHECK(parseAppFile("app.json", opened(R"("open": "start", "parent": "main")")).has_value());
  checkWrong(opened(R"("open": "later")"), "app.json:6:");
  checkWrong(opened(R"("open": "later")"), "`open` is `start` or `demand`");
  checkWrong(opened(R"("open": "demand")"), "opened on demand needs a `parent`");
  for (const char* parent : {"nobody", "side-1"})
    checkWrong(opened((R"("open": "demand", "parent": ")" + std::string(parent) + "\"").c_str()),
               "is no window that is declared before");
  checkWrong(with(R"("width": 1100)", R"("open": "demand", "width": 1100)"),
             "the first window is opened at start");
}

TEST_CASE("a version is optional, and short") {
  const auto versioned = [](const std::string& version) {
    return with(R"("title": "Notes",)", R"("title": "Notes", "version": ")" + version + "\",");
  };
  CHECK(parseAppFile("app.json", GOOD)->version.empty());
  CHECK(parseAppFile("app.json", versioned("1.2.0~rc1+b-7"))->version == "1.2.0~rc1+b-7");
  for (const char* version : {"1 2", "<1>", "1/2", "ä"})
    checkWrong(versioned(version), "is no version");
  checkWrong(versioned(std::string(33, '1')), "is no version");
}

TEST_CASE("an app has a window, and a window has a title") {
  checkWrong(
      R"({"identifier":"a","title":"A","windows":[],"contentSecurityPolicy":"default-src 'none'"})",
      "an app has at least one window");
  checkWrong(with("\"Side\"", "\"\""), "app.json:6:35: `title` must be a string that is not empty");
  checkWrong(with("Side", std::string(129, 'x')), "a title has 1 to 128 bytes");
}

TEST_CASE("the policy starts from nothing, and nothing is beside that") {
  for (const char* policy : {"default-src 'self'",
                             "script-src 'self'; default-src 'none'",
                             "default-src 'none' https:",
                             "default-src 'none'x"})
    checkWrong(with("default-src 'none'; script-src 'self'", policy),
               "app.json:8:28: the policy does not start from nothing");
  CHECK(
      parseAppFile("app.json", with("default-src 'none'; script-src 'self'", "default-src 'none'"))
          .has_value());
}

TEST_CASE("all that is wrong is said at once") {
  const auto app = parseAppFile("app.json", R"({"identifier":"A B","windows":[{}],"x":1})");
  REQUIRE(app.has_error());
  CHECK(app.error().list.size() >= 5);
}

TEST_CASE("what is no JSON is said with its place") {
  checkWrong("{", "app.json:1:");
  checkWrong("[]", "app.json:1:1: ");
  checkWrong(with("\"title\": \"Notes\",", "\"title\": \"Notes\", \"title\": \"B\","),
             "app.json:3:");
}

TEST_CASE("an app names permission sets of its own") {
  const auto file = [](const std::string& sets) {
    return with(R"("title": "Notes",)", R"("title": "Notes", "permissionSets": )" + sets + ",");
  };
  const auto app = parseAppFile("app.json", file(R"([
    { "identifier": "core:mine", "description": "Mine.", "permissions": ["core:default"] }])"));
  REQUIRE_MESSAGE(app.has_value(), capabilities::format(app.error()));
  REQUIRE(app->permissionSets.size() == 1);
  CHECK(app->permissionSets[0].identifier.text == "core:mine");
  CHECK(app->permissionSets[0].identifier.at.line == 4);
  CHECK(app->permissionSets[0].permissions[0].text == "core:default");
  checkWrong(file("{}"), "app.json:3:");
  checkWrong(file(R"([{ "identifier": "core:mine", "permissions": [] }])"), "`description`");
  checkWrong(file(R"([{ "identifer": "core:mine" }])"), "did you mean `identifier`?");
}

// --- the files on disk and the policy -----------------------------------------------------------

commands::Registry registry(PageStates& states) {
  std::vector<commands::Module> modules;
  modules.push_back(commands::core::makeModule(states));
  return commands::Registry::create(std::move(modules)).value();
}

struct PolicyFixture : TestFolder {
  PageStates states;
  commands::Registry commands = registry(states);
  AppFile app = parseAppFile("app.json", GOOD).value();

  std::string capability(std::string_view permission, std::string_view window = "main") {
    return "{\n  \"identifier\": \"c\",\n  \"windows\": [\"" + std::string(window) +
           "\"],\n  \"permissions\": [\n    \"" + std::string(permission) + "\"\n  ]\n}\n";
  }
  std::string wrong() {
    const auto policy = readPolicy({path(), {}}, app, commands.catalogue().value());
    REQUIRE(policy.has_error());
    return capabilities::format(policy.error());
  }
};

TEST_CASE_FIXTURE(TestFolder, "app.json is a regular file that is there") {
  auto app = readAppFile(path());
  REQUIRE(app.has_error());
  CHECK(capabilities::format(app.error()).find("app.json: is missing") != std::string::npos);
  write("real.json", GOOD);
  std::filesystem::create_symlink(path() / "real.json", path() / "app.json");
  app = readAppFile(path());
  REQUIRE(app.has_error());
  CHECK(capabilities::format(app.error()).find("is not a regular file") != std::string::npos);
  std::filesystem::remove(path() / "app.json");
  write("app.json", GOOD);
  CHECK(readAppFile(path()).has_value());
}

TEST_CASE_FIXTURE(PolicyFixture, "a good capability grants its window what it names") {
  write("capabilities/main.json", capability("core:allow-save-state"));
  write("capabilities/README.txt", "not read");
  const auto policy = readPolicy({path(), {}}, app, commands.catalogue().value());
  REQUIRE_MESSAGE(policy.has_value(), capabilities::format(policy.error()));
  const auto id = commands.find("cmd_save_state")->id;
  CHECK(capabilities::decide(policy->grants("main", "app"), id).verdict ==
        capabilities::Verdict::ALLOWED);
  CHECK(capabilities::decide(policy->grants("side-1", "app"), id).verdict ==
        capabilities::Verdict::NOT_GRANTED);
}

TEST_CASE_FIXTURE(PolicyFixture,
                  "a permission with a typing error is named with the nearest right name") {
  write("capabilities/main.json", capability("core:allow-save-stat"));
  const auto said = wrong();
  CHECK_MESSAGE(
      said.find("main.json:5:5: unknown permission `core:allow-save-stat`") != std::string::npos,
      said);
  CHECK_MESSAGE(said.find("`core:allow-save-state`") != std::string::npos, said);
}

TEST_CASE_FIXTURE(PolicyFixture, "a permission for a command that does not exist is named") {
  write("capabilities/main.json", capability("core:allow-format-disk"));
  CHECK(wrong().find("main.json:5:5: ") != std::string::npos);
  write("capabilities/main.json", capability("disk:allow-format"));
  CHECK(wrong().find("main.json:5:5: ") != std::string::npos);
}

TEST_CASE_FIXTURE(PolicyFixture, "a capability for a window that cannot exist is named") {
  write("capabilities/main.json", capability("core:default", "mian"));
  const auto said = wrong();
  CHECK_MESSAGE(said.find("main.json:3:15: ") != std::string::npos, said);
  CHECK_MESSAGE(said.find("`main`") != std::string::npos, said);
}

TEST_CASE_FIXTURE(PolicyFixture, "every file is read, and every error of each is said") {
  write("capabilities/a.json", capability("core:x"));
  write("capabilities/b.json", "{");
  const auto said = wrong();
  CHECK(said.find("b.json:1:") != std::string::npos);
  write("capabilities/b.json", capability("core:y"));
  const auto both = wrong();
  CHECK(both.find("a.json:5:5") != std::string::npos);
  CHECK(both.find("b.json:5:5") != std::string::npos);
}

TEST_CASE_FIXTURE(PolicyFixture, "a missing folder, and a linked file, stop the start") {
  CHECK(wrong().find("capabilities: is missing") != std::string::npos);
  write("elsewhere.json", capability("core:default"));
  std::filesystem::create_directory(path() / "capabilities");
  std::filesystem::create_symlink(path() / "elsewhere.json", path() / "capabilities" / "a.json");
  CHECK(wrong().find("a.json: is not a regular file") != std::string::npos);
}

TEST_CASE("a command that is registered twice stops the start, with both modules") {
  struct Nothing {
    commands::Result<commands::Null> act(const commands::Caller&, commands::core::SaveState) {
      return commands::Null{};
    }
  } object;
  PageStates states;
  std::vector<commands::Module> modules;
  modules.push_back(commands::core::makeModule(states));
  modules.emplace_back("notes", "Notes of the user.");
  modules.back().add("cmd_save_state", "Saves it again.", object, &Nothing::act);
  const auto registry = commands::Registry::create(std::move(modules));
  REQUIRE(registry.has_error());
  const auto said = capabilities::format(registry.error());
  CHECK_MESSAGE(said.find("cmd_save_state") != std::string::npos, said);
  CHECK_MESSAGE(said.find("core") != std::string::npos, said);
  CHECK_MESSAGE(said.find("notes") != std::string::npos, said);
}

TEST_CASE("an app names the schemes of other programs that its pages may open") {
  const auto opens = [](const std::string& list) {
    return with("\"contentSecurityPolicy\"", "\"opens\": " + list + ", \"contentSecurityPolicy\"");
  };
  const auto app = parseAppFile("app.json", opens(R"(["bitcoin", "web+x"])"));
  REQUIRE_MESSAGE(app.has_value(), capabilities::format(app.error()));
  CHECK(app->opens == std::vector<std::string>{"bitcoin", "web+x"});
  checkWrong(opens(R"(["file"])"), "app.json:8:13: `file` is no scheme that an app may open");
  checkWrong(opens(R"(["https"])"), "`https` needs no naming");
  checkWrong(opens(R"(["a", 5])"), "is no scheme");
  checkWrong(opens(R"(["bitcoin", "bitcoin"])"),
             "app.json:8:24: the scheme `bitcoin` is given twice");
}

}  // namespace
TEST_CASE("an app may do without a spare renderer") {
  const auto spare = [](const std::string& value) {
    return with("\"contentSecurityPolicy\"",
                "\"spareRenderer\": " + value + ", \"contentSecurityPolicy\"");
  };
  CHECK(parseAppFile("app.json", GOOD)->spareRenderer);
  CHECK_FALSE(parseAppFile("app.json", spare("false"))->spareRenderer);
  checkWrong(spare("\"no\""), "`spareRenderer` must be true or false");
}

}  // namespace sallyport::daemon
