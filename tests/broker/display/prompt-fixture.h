// A real prompt process under test, with the test as its broker and as its vault.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "proto/prompt-control.capnp.h"
#include "proto/prompt.capnp.h"
#include "tests/broker/display/frame-fixture.h"

namespace sallyport::display::test {

inline std::string scriptFile(const std::string& directory, const std::string& lines) {
  const auto file = directory + "/script";
  std::ofstream(file) << lines;
  return file;
}

struct PromptFixture {
  // script: JSON lines, or empty for none.
  explicit PromptFixture(const std::string& script = "")
      : directory(tempDirectory()),
        brokerPair(socketPair()),
        vaultPair(socketPair()),
        log(pipePair()),
        process(request(script)),
        broker(std::make_unique<Link>((closeTheirs(), loop), kj::mv(brokerPair.ours))),
        vault(std::make_unique<Link>(loop, kj::mv(vaultPair.ours))),
        reports(loop, kj::mv(log.ours)),
        control(broker->rpc.bootstrap().castAs<proto::PromptControl>()),
        prompt(vault->rpc.bootstrap().castAs<proto::Prompt>()) {}

  kj::WaitScope& scope() { return loop.io.waitScope; }
  void ping() { control.pingRequest().send().wait(scope()); }
  // Turns the loop until the dialog is on screen: a call leaves only when the loop turns.
  std::string window() {
    KJ_REQUIRE(loop.until([this] { return hasWindow(); }), "no dialog came");
    return VirtualScreen::the().window("Sallyport trusted prompt");
  }
  bool hasWindow() { return !VirtualScreen::the().isNot("Sallyport trusted prompt"); }

  Loop loop;
  std::string directory;
  Pair brokerPair, vaultPair, log;
  Child process;
  std::unique_ptr<Link> broker, vault;
  Reports reports;  // the process's stderr
  proto::PromptControl::Client control;
  proto::Prompt::Client prompt;

 private:
  SpawnRequest request(const std::string& script) {
    SpawnRequest spawn{
        {displayBinary(), "--role", "prompt"},
        VirtualScreen::the().environment(),
        {{2, log.theirs.get()}, {3, brokerPair.theirs.get()}, {4, vaultPair.theirs.get()}}};
    if (!script.empty()) {
      spawn.arguments.push_back("--prompt-script");
      spawn.arguments.push_back(scriptFile(directory, script));
    }
    return spawn;
  }
  void closeTheirs() {
    brokerPair.theirs = nullptr;
    vaultPair.theirs = nullptr;
    log.theirs = nullptr;
  }
};

}  // namespace sallyport::display::test
