// The published schema and the parser must say the same about the shape of an app file.
#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "broker/daemon/app-file.h"
#include "tests/capabilities/json-schema-check.h"

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(fs::path(SALLYPORT_SOURCE_DIR) / file, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string parserSays(std::string_view text) {
  const auto app = parseAppFile("app.json", text);
  return app ? "" : capabilities::format(app.error());
}

std::string schemaSays(std::string_view text) {
  static const auto SCHEMA = boost::json::parse(read("broker/daemon/schema/app.schema.json"));
  return capabilities::schemaProblem(SCHEMA, boost::json::parse({text.data(), text.size()}));
}

constexpr std::string_view WHOLE = R"({
  "$schema": "app.schema.json",
  "identifier": "notes", "title": "Notes", "version": "1.2.3-rc+4~5",
  "contentSecurityPolicy": "default-src 'none'; script-src 'self'",
  "windows": [
    { "label": "main", "title": "Notes", "width": 200, "height": 8192, "open": "start" },
    { "label": "side-1", "title": "Side", "open": "demand", "parent": "main" }
  ],
  "opens": ["bitcoin", "web+x.y-1"],
  "spareRenderer": false,
  "permissionSets": [
    { "identifier": "notes:reading", "description": "To read.", "permissions": ["notes:allow-list"] }
  ]
})";

TEST_CASE("schema and parser accept the app files of this repository, and one with everything") {
  for (const char* file : {"web/wallet/app.json",
                           "tests/apps/notes/app.json",
                           "tests/integration/apps/probe/app.json",
                           "tests/integration/apps/matrix/app.json"}) {
    CAPTURE(file);
    CHECK(parserSays(read(file)) == "");
    CHECK(schemaSays(read(file)) == "");
  }
  CHECK(parserSays(WHOLE) == "");
  CHECK(schemaSays(WHOLE) == "");
}

TEST_CASE("schema and parser refuse the same app files") {
  const std::pair<std::string_view, std::string_view> changes[] = {
      {R"("identifier": "notes", )", ""},
      {R"("identifier": "notes")", R"("identifier": "Notes")"},
      {R"("identifier": "notes")", R"("identifier": 7)"},
      {R"("title": "Notes", "version")", R"("version")"},
      {"1.2.3-rc+4~5", "1 2"},
      {"1.2.3-rc+4~5", "123456789012345678901234567890123"},
      {"default-src 'none'; ", ""},
      {"default-src 'none'; ", "default-src 'none' 'self'; "},
      {"\"opens\"", "\"open\""},
      {"\"bitcoin\"", "\"https\""},
      {"\"bitcoin\"", "\"web+x.y-1\""},
      {"\"bitcoin\"", "\"b\""},
      {"\"bitcoin\"", "\"Bitcoin\""},
      {"\"width\": 200", "\"width\": 199"},
      {"\"width\": 200", "\"width\": \"200\""},
      {"\"height\": 8192", "\"height\": 8193"},
      {"\"label\": \"main\", ", ""},
      {"\"label\": \"main\"", "\"label\": \"Main\""},
      {"\"title\": \"Side\"", "\"title\": \"\""},
      {"\"open\": \"demand\"", "\"open\": \"later\""},
      {"\"parent\": \"main\"", "\"parent\": 1"},
      {"\"description\": \"To read.\", ", ""},
      {"\"permissions\": [\"notes:allow-list\"]", "\"permissions\": \"notes:allow-list\""},
      {"\"permissions\": [\"notes:allow-list\"]", "\"permissions\": []"},
  };
  for (const auto& [from, to] : changes) {
    std::string text(WHOLE);
    const auto at = text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from);
    text.replace(at, from.size(), to);
    CAPTURE(text);
    CHECK(parserSays(text) != "");
    CHECK(schemaSays(text) != "");
  }
}

}  // namespace
}  // namespace sallyport::daemon
