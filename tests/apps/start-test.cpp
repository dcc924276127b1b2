// Mistakes of an app that its author learns of at the build or the start, and not a user at a
// click: two of the five rules at the end of tests/apps/README.md. Real programs; no engine is
// started.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

struct AppFixture {
  TemporaryFolder folder;

  // An app that is good but for this one permission.
  explicit AppFixture(const std::string& permission = "core:default") {
    write(folder.path() / "app/app.json", R"({
  "identifier": "small", "title": "Small",
  "windows": [{ "label": "main", "title": "Small", "width": 400, "height": 300 }],
  "contentSecurityPolicy": "default-src 'none'"
})");
    write(folder.path() / "app/capabilities/main.json",
          R"({ "identifier": "main", "windows": ["main"], "permissions": [)"
          "\n  \"" +
              permission + "\"] }");
    write(folder.path() / "app/web/index.html", "<!doctype html><head></head>");
  }
  Finished start(const fs::path& program) const {
    return run({program,
                "--app-dir",
                folder.path() / "app",
                "--state",
                folder.path() / "state",
                "--runtime",
                folder.path() / "runtime"});
  }
};

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("a second registration of a command stops the start, and no module wins in silence") {
  const std::string why = "`cmd_ask` is registered twice: by module `first` and by module `second`";
  const AppFixture app;
  const Finished started = app.start(testBinary("app_registers_twice"));
  CHECK(started.code == 1);
  CHECK(contains(started.output, why));
  // The build asks it for its bindings, and so it stops too.
  const Finished emitted = run({testBinary("app_registers_twice"), "--emit-bindings"});
  CHECK(emitted.code == 1);
  CHECK(contains(emitted.output, why));
  CHECK_FALSE(contains(emitted.output, "export function"));
}

TEST_CASE("a grant of a command that nobody registered stops the start, with the nearest name") {
  const AppFixture app("wallet:allow-get-balanc");
  const Finished started = app.start(binary("sallyportd"));
  CHECK(started.code == 1);
  CHECK(contains(started.output, "main.json:2:3: "));
  CHECK(contains(started.output, "wallet:allow-get-balance"));
}

}  // namespace
}  // namespace sallyport::test
