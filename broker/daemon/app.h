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
#include "broker/commands/modules/window/window-module.h"
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

// The app's windows: all that app.json declares, by their labels there. NOT_FOUND is for any other
// label and, where a window has to be open, for one that is not. On the broker's thread; until
// modules() was asked, no window is open and none can be opened.
class AppWindows {
 public:
  // In the order of app.json, open or not. Sizes in logical pixels.
  virtual std::vector<commands::window::WindowInfo> list() const = 0;
  // Resolves when the host window is there; App::windowChanged tells when its page is. CONFLICT: it
  // is open. UNAVAILABLE: it does not start, or the broker is stopping.
  virtual kj::Promise<commands::Result<commands::Null>> create(const std::string& label) = 0;
  // As when the user closes it: App::mayClose and then the page may keep it.
  virtual commands::Result<commands::Null> close(const std::string& label) = 0;
  // Nobody is asked.
  virtual commands::Result<commands::Null> closeAtOnce(const std::string& label) = 0;
  // Asks the desktop to bring it to the front.
  virtual commands::Result<commands::Null> focus(const std::string& label) = 0;
  // At most commands::window::MAX_TITLE_BYTES of UTF-8, else TOO_LARGE; the frame shows the label
  // behind it.
  virtual commands::Result<commands::Null> setTitle(const std::string& label,
                                                    std::string title) = 0;
  // As far as the desktop lets it. What is absent stays; INVALID_ARGUMENT: see the limits in
  // commands::window. UNAVAILABLE, here and below: the frame has crashed and is not back yet.
  virtual kj::Promise<commands::Result<commands::Null>> setBounds(
      const std::string& label, commands::window::SetWindowBounds bounds) = 0;
  // FULLSCREEN is DENIED unless the user has just clicked or typed in the window.
  virtual kj::Promise<commands::Result<commands::Null>> setState(
      const std::string& label, commands::window::WindowState state) = 0;

 protected:
  ~AppWindows() = default;
};

enum class WindowChange {
  OPENED,  // it is declared and was asked for: by a page, by C++ code, at the start
  READY,   // its page has its first listeners; again for each document
  CLOSED   // all of it is gone; it may be created again
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
  AppWindows& windows;
};

// One for a broker's life. What a page may call of it is decided before its handlers run.
class App {
 public:
  virtual ~App() noexcept(false) = default;

  // Asked once, before anything is started. Everything wrong with a name, a doc or a type stops the
  // start, and so does a name that another module has.
  virtual std::vector<commands::Module> modules() = 0;

  // What became of a window, in a turn of its own. Not told of those that the end of the broker
  // closes. A broker whose last window is closed ends, unless this opens one.
  virtual void windowChanged(const std::string& /*label*/, WindowChange /*change*/) {}

  // The user, another page or AppWindows::close wants to close a window. False: it stays, and its
  // page is not asked either. A page that closes its own window and the end of the broker do not
  // ask.
  virtual bool mayClose(const std::string& /*label*/) { return true; }

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
