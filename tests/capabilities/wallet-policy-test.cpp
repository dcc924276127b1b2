// The wallet's resolved table, as committed: a change of what a page may do is a diff that someone
// reads. The real programs answer: sallyportd names its commands, the CLI reads the files. To take
// a change over, run this test and copy what it shows into wallet-policy.txt.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

const fs::path SOURCE = SALLYPORT_SOURCE_DIR;

struct CliFixture {
  TemporaryFolder folder;
  fs::path catalogue = folder.path() / "catalogue.json";
  fs::path noAdmin = folder.path() / "policy.d";

  CliFixture() {
    const Finished emitted = run({binary("sallyportd").string(), "--emit-catalogue"});
    REQUIRE_MESSAGE(emitted.code == 0, emitted.output);
    std::ofstream(catalogue, std::ios::binary) << emitted.output;
    fs::create_directory(noAdmin);
  }
  Finished capability(std::vector<std::string> arguments) {
    std::vector<std::string> command{binary("sallyport").string(),
                                     "--runtime",
                                     folder.path().string(),
                                     "capability",
                                     "--catalogue",
                                     catalogue.string(),
                                     "--policy-dir",
                                     noAdmin.string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
  }
};

std::string without(std::string text, const std::string& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
  return text;
}

// What is not granted changes with every module that is added to the broker.
std::string granted(const std::string& table) {
  std::istringstream in(table);
  std::string kept;
  for (std::string line; std::getline(in, line);)
    if (line.rfind("  not granted", 0) != 0) kept += line + "\n";
  return kept;
}

// Columns are as wide as the longest name, and lines move: neither is part of the policy.
std::string narrow(const std::string& table) {
  std::string text;
  for (const char c : table)
    if (c != ' ' || text.empty() || text.back() != ' ') text += c;
  return std::regex_replace(text, std::regex("(\\.json):[0-9]+:[0-9]+"), "$1");
}

TEST_CASE_FIXTURE(CliFixture, "the wallet's windows may do what the committed table says") {
  const Finished listed = capability({"list", "--app-dir", (SOURCE / "web/wallet").string()});
  CHECK(listed.code == 0);
  const std::string table = narrow(granted(without(listed.output, SOURCE.string() + "/")));
  std::ifstream in(SOURCE / "tests/capabilities/wallet-policy.txt", std::ios::binary);
  const std::string committed(std::istreambuf_iterator<char>(in), {});
  CHECK_MESSAGE(table == committed, table);
}

TEST_CASE_FIXTURE(CliFixture,
                  "an app's files are checked, explained and compared without a broker") {
  const fs::path wallet = SOURCE / "web/wallet";
  const fs::path other = folder.path() / "other";
  CHECK(capability({"check", wallet.string()}).code == 0);
  CHECK(capability({"diff", wallet.string(), wallet.string()}).code == 0);
  const std::vector<std::string> ask{
      "explain", "--app-dir", wallet.string(), "--window", "main", "--command"};
  auto question = ask;
  question.push_back("cmd_get_balance");
  const Finished why = capability(question);
  CHECK(why.code == 0);
  CHECK_MESSAGE(why.output.find("main.json:") != std::string::npos, why.output);
  question.back() = "cmd_get_balnce";
  const Finished unknown = capability(question);
  CHECK(unknown.code == 2);
  CHECK_MESSAGE(unknown.output.find("did you mean `cmd_get_balance`?") != std::string::npos,
                unknown.output);

  fs::create_directories(other / "capabilities");
  fs::copy_file(wallet / "app.json", other / "app.json");
  std::ofstream(other / "capabilities/main.json")
      << R"({"identifier": "m", "windows": ["main"], "permissions": ["core:default"]})";
  const Finished different = capability({"diff", wallet.string(), other.string()});
  CHECK(different.code == 1);
  CHECK_MESSAGE(different.output.find("- main app cmd_get_balance: allowed\n") != std::string::npos,
                different.output);
  std::ofstream(other / "capabilities/main.json")
      << R"({"identifier": "m", "windows": ["main"], "permissions": ["core:defalt"]})";
  const Finished wrong = capability({"check", other.string()});
  CHECK(wrong.code == 1);
  CHECK_MESSAGE(wrong.output.find("main.json:1:58: unknown permission `core:defalt`. Fix: did you "
                                  "mean `core:default`?") != std::string::npos,
                wrong.output);
  std::ofstream(noAdmin / "a.json")
      << R"({"identifier": "a", "apps": ["wallet"], "permissions": ["wallet:deny-get-balance"]})";
  fs::permissions(noAdmin / "a.json", fs::perms(0644));
  question.back() = "cmd_get_balance";
  const Finished denied = capability(question);
  CHECK(denied.code == 1);
  CHECK_MESSAGE(
      denied.output.find("policy.d/a.json:1:57 (wallet:deny-get-balance)") != std::string::npos,
      denied.output);
}

}  // namespace
}  // namespace sallyport::test
