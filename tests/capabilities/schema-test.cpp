// The published schema and the parser must say the same about the shape of every example, and of
// the capability files that our own apps ship.
#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capabilities/capability.h"
#include "tests/capabilities/json-schema-check.h"

namespace {

using namespace sallyport::capabilities;
namespace fs = std::filesystem;

const fs::path SOURCE = SALLYPORT_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> filesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") {
      files.push_back(entry.path());
    }
  }
  return files;
}

struct Opinions {
  std::string parser;
  std::string schema;
};

Opinions opinionsOf(const fs::path& file) {
  static const boost::json::value SCHEMA =
      boost::json::parse(read(SOURCE / "capabilities/schema/capability.schema.json"));
  const std::string text = read(file);
  const auto capability = parseCapability(file.filename().string(), text);
  return {capability ? "" : format(capability.error()),
          schemaProblem(SCHEMA, boost::json::parse(text))};
}

TEST_CASE("schema and parser accept the same examples") {
  const auto files = filesIn(SOURCE / "tests/capabilities/examples/accepted");
  CHECK(files.size() >= 7);
  for (const fs::path& file : files) {
    CAPTURE(file.string());
    CHECK(opinionsOf(file).parser == "");
    CHECK(opinionsOf(file).schema == "");
  }
}

TEST_CASE("schema and parser refuse the same examples") {
  const auto files = filesIn(SOURCE / "tests/capabilities/examples/refused");
  CHECK(files.size() >= 30);
  for (const fs::path& file : files) {
    CAPTURE(file.string());
    CHECK(opinionsOf(file).parser != "");
    CHECK(opinionsOf(file).schema != "");
  }
}

TEST_CASE("the capabilities of our own apps fit the schema") {
  int apps = 0;
  for (const char* app : {"web/wallet", "web/node-admin"}) {
    if (!fs::exists(SOURCE / app / "capabilities")) {
      continue;
    }
    ++apps;
    for (const fs::path& file : filesIn(SOURCE / app / "capabilities")) {
      CAPTURE(file.string());
      CHECK(opinionsOf(file).parser == "");
      CHECK(opinionsOf(file).schema == "");
    }
  }
  CHECK(apps > 0);
}

}  // namespace
