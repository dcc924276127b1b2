// The app of the README's tutorial as its reader has it: built outside the tree by find_package
// against an installed product that was moved since, and run in the real cage. What is wrong in it
// stops its build.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/broker-process.h"
#include "tests/support/desktop.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

Finished cmake(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SALLYPORT_CMAKE);
  return run(arguments);
}

void replaceIn(const fs::path& file, const std::string& from, const std::string& to) {
  std::ifstream in(file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(file) << text;
}

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

// Installed once, moved, and notes built once, by the first test that asks.
struct Notes {
  Notes() {
    const fs::path first = folder.path() / "first";
    for (const char* component : {"Runtime", "Development"}) {
      const Finished installed =
          cmake({"--install", SALLYPORT_BINARY_DIR, "--prefix", first, "--component", component});
      REQUIRE_MESSAGE(installed.code == 0, installed.output);
    }
    fs::rename(first, prefix);
    fs::copy(SALLYPORT_SOURCE_DIR "/tests/apps/notes", source, fs::copy_options::recursive);
    const Finished configured = cmake({"-S",
                                       source,
                                       "-B",
                                       build,
                                       "-G",
                                       "Ninja",
                                       "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                                       "-DCMAKE_CXX_COMPILER=" SALLYPORT_CXX,
                                       "-DCMAKE_PREFIX_PATH=" + prefix.string()});
    REQUIRE_MESSAGE(configured.code == 0, configured.output);
    const Finished built = make();
    REQUIRE_MESSAGE(built.code == 0, built.output);
  }

  Finished make() const { return cmake({"--build", build}); }

  TemporaryFolder folder;
  fs::path prefix = folder.path() / "installed";
  fs::path source = folder.path() / "notes";
  fs::path build = folder.path() / "build";
  fs::path app = build / "share/sallyport/apps/notes";
};

const Notes& notes() {
  static const Notes NOTES;
  return NOTES;
}

// Uses the page as a person does, but for the two buttons that a real click must press.
constexpr const char* SCRIPT = R"js(
(async () => {
  const page = (name, ...values) =>
    console.log(`@${name} ${values.map((value) => JSON.stringify(value)).join(" ")}`);
  const until = async (holds) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const texts = () => [...document.querySelectorAll("#notes li")].map((item) => item.firstChild.data);
  const button = (id) => {
    const { left, top, width, height } = document.getElementById(id).getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const said = () => document.getElementById("said").textContent;
  const add = async (text) => {
    document.getElementById("text").value = text;
    const before = texts().length;
    document.getElementById("add").requestSubmit();
    await until(() => texts().length > before || said() !== "");
  };

  await until(() => document.getElementById("add")?.onsubmit);
  page("there", texts());
  await add("milk");
  await add("bread");
  page("added", texts());
  await add("");
  page("refused", said());
  page("save", ...button("save"));
  await until(() => said().startsWith("Saved"));
  page("saved", said());
  page("open", ...button("open"));
  await until(() => texts().length === 4);
  page("opened", texts());
  const find = document.getElementById("find");
  const found = () => [...document.querySelectorAll("#found li")].map((item) => item.textContent);
  for (const text of ["r", "il"]) {
    find.value = text;
    find.dispatchEvent(new InputEvent("input"));
  }
  await until(() => found().length === 2);
  page("found", found());
  document.querySelector("#notes button").click();
  await until(() => texts().length === 3);
  page("removed", texts());
})();
)js";

void clickAt(const BrokerProcess& broker, const std::string& place) {
  const auto space = place.find(' ');
  const auto whole = [](const std::string& number) { return number.substr(0, number.find('.')); };
  Desktop(broker).click(
      "^Notes.*main$", whole(place.substr(0, space)), whole(place.substr(space + 1)));
}

TEST_CASE("an app outside the tree is built by find_package and works in the real cage") {
  const Notes& built = notes();
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "shopping.txt";
  BrokerProcess broker({.app = built.app,
                        .pageScript = SCRIPT,
                        .promptScript = R"({"expect": "chooseSave", "answer": ")" + file.string() +
                                        "\", \"repeat\": true}\n" +
                                        R"({"expect": "chooseOpen", "answer": [")" + file.string() +
                                        "\"], \"repeat\": true}\n",
                        .program = built.build / "bin/notes"});
  CHECK(broker.waitForPage("there") == "[]");
  CHECK(broker.waitForPage("added") == R"(["milk","bread"])");
  CHECK(broker.waitForPage("refused") == R"("text: expected 1 to 10000 bytes")");
  clickAt(broker, broker.waitForPage("save"));
  CHECK(broker.waitForPage("saved") == R"("Saved shopping.txt")");
  std::ifstream in(file);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "milk\nbread\n");
  clickAt(broker, broker.waitForPage("open"));
  CHECK(broker.waitForPage("opened") == R"(["milk","bread","milk","bread"])");
  CHECK(broker.waitForPage("found") == R"(["milk","milk"])");
  CHECK(broker.waitForPage("removed") == R"(["bread","milk","bread"])");
  CHECK(broker.saw("saved 3 notes"));

  // Every assertion of every cage, with the programs where they were installed.
  const Finished doctor = broker.cli({"doctor"});
  // 1: a layer that this machine does not have (a user's service manager) is named, none has
  // failed.
  CHECK_MESSAGE(doctor.code <= 1, doctor.output);
  CHECK(doctor.output.find("ok       renderer main") != std::string::npos);
  const auto vault = fs::read_symlink("/proc/" + std::to_string(broker.pidOf("vault")) + "/exe");
  CHECK(vault == built.prefix / "bin/sallyport-vault");
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("an app that grants a command which it does not register is not built") {
  const Notes& built = notes();
  const fs::path capability = built.source / "capabilities/main.json";
  replaceIn(capability, "notes:allow-remove-note\"", "notes:allow-remove-notes\"");
  const Finished refused = built.make();
  CHECK(refused.code != 0);
  CHECK(contains(refused.output, "main.json:"));
  CHECK(contains(refused.output, "notes:allow-remove-note`"));
  replaceIn(capability, "notes:allow-remove-notes\"", "notes:allow-remove-note\"");
  CHECK(built.make().code == 0);
}

TEST_CASE("a page that calls a command with a wrong argument is not built") {
  const Notes& built = notes();
  const fs::path page = built.source / "web/src/notes.ts";
  const std::string right = "removeNote({ id })";
  for (const auto& [wrong, why] :
       {std::pair{"removeNote({ id: String(id) })", "'string' is not assignable to type 'number'"},
        std::pair{"removeNote({ note: id })", "'note' does not exist in type 'RemoveNote'"},
        std::pair{"removeNote({})", "Property 'id' is missing"},
        std::pair{"removeNot({ id })", "Cannot find name 'removeNot'"}}) {
    replaceIn(page, right, wrong);
    const Finished refused = built.make();
    CHECK(refused.code != 0);
    CHECK(contains(refused.output, why));
    replaceIn(page, wrong, right);
  }
  CHECK(built.make().code == 0);
}

TEST_CASE("a version or a component that is not installed is not found, and said") {
  const Notes& built = notes();
  const auto ask = [&](const std::string& what) {
    const fs::path asker = built.folder.path() / "asker";
    fs::remove_all(asker);
    fs::create_directories(asker);
    std::ofstream(asker / "CMakeLists.txt")
        << "cmake_minimum_required(VERSION 3.25)\nproject(Asker LANGUAGES CXX)\nfind_package(" +
               what + ")\n";
    return cmake(
        {"-S", asker, "-B", asker / "build", "-DCMAKE_PREFIX_PATH=" + built.prefix.string()});
  };
  CHECK(ask("Sallyport 0.1 REQUIRED COMPONENTS App Web").code == 0);
  CHECK(ask("Sallyport 9.0 REQUIRED").code != 0);
  CHECK(ask("Sallyport 0.1 REQUIRED COMPONENTS Toaster").code != 0);
}

}  // namespace
}  // namespace sallyport::test
