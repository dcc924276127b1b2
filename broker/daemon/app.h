// What an app written with Sallyport is, in C++: its commands, and what they work on. Installed as
// <sallyport/app.h>. All of it runs in the app's broker, on its one thread, and is trusted; what
// arguments say is hostile until the registry has checked them.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/module.h"
#include "proto/net.capnp.h"
#include "proto/vault.capnp.h"

#ifndef SALLYPORT_PROGRAMS
#define SALLYPORT_PROGRAMS ""
#endif

namespace sallyport {

// An option of the app's own on its command line, beside those that every broker has.
struct AppOption {
  std::string name;                    // "network", given as --network
  std::string doc;                     // one line of --help
  std::string value = {};              // when it is not given
  std::vector<std::string> choices{};  // not empty: one of these
  // Puts a value into its one spelling, and says what is wrong with it, and how to fix it; or
  // nothing.
  std::function<std::string(std::string& value)> check{};
};

// What the broker gives to an app. It outlives the app.
struct AppHost {
  kj::Timer& timer;
  // The app's own folder: 0700, nobody else writes there, absolute. Empty where only bindings are
  // written: touch no file before a command is called.
  std::filesystem::path stateDirectory;
  std::map<std::string, std::string> options;      // by AppOption::name
  std::function<void(std::string_view line)> log;  // one line in the broker's journal
  std::function<proto::Vault::Client()> vault;     // the process that runs now
  std::function<proto::Net::Client()> net;
};

// One for a broker's life. What a page may call of it is decided before its handlers run.
class App {
 public:
  virtual ~App() noexcept(false) = default;

  // Asked once, before anything is started. Everything wrong with a name, a doc or a type stops the
  // start, and so does a name that another module has.
  virtual std::vector<commands::Module> modules() = 0;

  // When nothing is under way that a user agreed to. A shutdown waits a few seconds for it before
  // it ends net and vault.
  virtual kj::Promise<void> settled() { return kj::READY_NOW; }
};

struct AppDefinition {
  std::string name;  // [a-z0-9-], 1 to 32 characters: the folders of its state and its sockets
  std::vector<AppOption> options{};
  // Called in the broker, and by --emit-bindings and --emit-catalogue, which call no command.
  std::function<std::unique_ptr<App>(const AppHost&)> make;
};

// The whole main() of an app. programs: where the vault and the other programs of Sallyport are
// when they are not beside this one; sallyport_add_app() in CMake defines it.
int runApp(int argc,
           char** argv,
           const AppDefinition& definition,
           const char* programs = SALLYPORT_PROGRAMS);

}  // namespace sallyport
