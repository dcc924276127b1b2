#include "broker/daemon/options.h"

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <vector>

#include "broker/daemon/places.h"
#include "broker/wallet/wallet-app.h"

namespace sallyport::daemon {
namespace {

// What parseOptions says on stderr and stdout, and an environment of its own.
struct OptionsFixture {
  OptionsFixture() {
    for (const char* name : {"HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"}) {
      const char* value = std::getenv(name);
      m_former.emplace_back(name, value != nullptr ? value : "");
      unsetenv(name);
    }
    setenv("HOME", "/home/anna", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  }
  ~OptionsFixture() {
    for (const auto& [name, value] : m_former)
      value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
  }

  std::variant<Options, int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "sallyportd");
    said.str("");
    auto* const err = std::cerr.rdbuf(said.rdbuf());
    auto* const out = std::cout.rdbuf(said.rdbuf());
    auto parsed =
        parseOptions(static_cast<int>(arguments.size()), arguments.data(), wallet::appDefinition());
    std::cerr.rdbuf(err);
    std::cout.rdbuf(out);
    return parsed;
  }
  Options good(std::vector<const char*> arguments) {
    auto parsed = parse(std::move(arguments));
    REQUIRE_MESSAGE(std::holds_alternative<Options>(parsed), said.str());
    return std::get<Options>(parsed);
  }
  void refused(std::vector<const char*> arguments, std::string_view text) {
    const auto parsed = parse(std::move(arguments));
    REQUIRE(std::holds_alternative<int>(parsed));
    CHECK(std::get<int>(parsed) != 0);
    CHECK_MESSAGE(said.str().find(text) != std::string::npos, said.str());
  }

  std::ostringstream said;

 private:
  std::vector<std::pair<std::string, std::string>> m_former;
};

TEST_CASE_FIXTURE(OptionsFixture,
                  "without options the folders are XDG's, and the network is regtest") {
  const auto options = good({});
  CHECK(options.stateDirectory == "/home/anna/.local/state/sallyport/wallet");
  CHECK(options.runtimeDirectory == "/run/user/7/sallyport/wallet");
  CHECK(options.appOptions.at("network") == "regtest");
  CHECK(options.appOptions.at("esplora").empty());
  CHECK_FALSE(options.headless);
  setenv("XDG_STATE_HOME", "/var/state", 1);
  CHECK(good({"--app", "admin"}).stateDirectory == "/var/state/sallyport/admin");
}

TEST_CASE_FIXTURE(OptionsFixture, "a relative path in XDG's variables is ignored") {
  setenv("XDG_STATE_HOME", "state", 1);
  CHECK(good({}).stateDirectory == "/home/anna/.local/state/sallyport/wallet");
  setenv("XDG_RUNTIME_DIR", "run", 1);
  refused({}, "XDG_RUNTIME_DIR is not set");
}

TEST_CASE_FIXTURE(OptionsFixture, "a missing variable is named, with what to do") {
  unsetenv("XDG_RUNTIME_DIR");
  refused({}, "XDG_RUNTIME_DIR is not set. Fix:");
  CHECK(good({"--runtime", "/tmp/r"}).runtimeDirectory == "/tmp/r");
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  unsetenv("HOME");
  refused({}, "HOME and XDG_STATE_HOME are not set. Fix:");
  CHECK(good({"--state", "/tmp/s"}).stateDirectory == "/tmp/s");
}

TEST_CASE_FIXTURE(OptionsFixture, "the bindings need no folders") {
  unsetenv("XDG_RUNTIME_DIR");
  unsetenv("HOME");
  CHECK(good({"--emit-bindings"}).emitBindings);
}

TEST_CASE_FIXTURE(OptionsFixture, "a folder has one spelling, however it was typed") {
  for (const char* spelling : {"/tmp/s", "/tmp/s/", "/tmp//s", "/tmp/./s/.", "/tmp/x/../s"})
    CHECK(good({"--state", spelling}).stateDirectory == "/tmp/s");
  CHECK(good({"--state", "here"}).stateDirectory == std::filesystem::current_path() / "here");
  CHECK(good({"--app-dir", "/apps/a/"}).appDirectory == "/apps/a");
}

TEST_CASE_FIXTURE(OptionsFixture,
                  "the server is an http or https URL, without a slash at its end") {
  CHECK(good({"--esplora", "http://127.0.0.1:3002/"}).appOptions.at("esplora") ==
        "http://127.0.0.1:3002");
  CHECK(good({"--esplora", "https://host/api//"}).appOptions.at("esplora") == "https://host/api");
  for (const char* url : {"host",
                          "ftp://host",
                          "http:host",
                          "http://",
                          "http://user@host",
                          "http://host?a",
                          "http://host#a",
                          "http://ho st"})
    refused({"--esplora", url}, "is no base URL. Fix:");
}

TEST_CASE_FIXTURE(
    OptionsFixture,
    "the other programs are beside this one, else where the app was built with them") {
  // Beside this test there are none.
  const auto self = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const char* const command[] = {"notes"};
  const auto found = [&](const std::filesystem::path& programs) {
    return std::get<Options>(parseOptions(1, command, wallet::appDefinition(), programs))
        .binaryDirectory;
  };
  CHECK(found("/opt/sallyport/bin") == "/opt/sallyport/bin");
  CHECK(found({}) == self);
}

TEST_CASE_FIXTURE(OptionsFixture,
                  "another renderer is for one window by its label, or for all that have none") {
  const auto renderers = good({"--renderer", "main=/bin/true", "--renderer", "/bin/sh"}).renderers;
  CHECK(renderers.size() == 2);
  CHECK(renderers.at("main") == "/bin/true");
  CHECK(renderers.at("") == "/bin/sh");
  refused({"--renderer", "main=/no/program"}, "--renderer: there is no file");
  refused({"--renderer", "/bin/a=b"}, "--renderer: there is no file \"/bin/a=b\"");
}

TEST_CASE_FIXTURE(OptionsFixture, "what is not known is refused") {
  refused({"--network", "testnet3"}, "--network");
  refused({"--no-sandbox"}, "--no-sandbox");
  refused({"stray"}, "stray");
  CHECK(std::get<int>(parse({"--help"})) == 0);
}

}  // namespace
}  // namespace sallyport::daemon
