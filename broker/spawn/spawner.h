// The spawner: the only process that may start programs. sallyportd forks it before anything else,
// so it holds no secret, no policy and no state; it takes a kind and descriptors from the broker
// and decides argv, environment, cage and limits itself. Single-threaded, poll() only, no Cap'n
// Proto.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sandbox-policies/profiles.h"
#include "sandbox-policies/renderer-policy.h"

namespace sallyport::spawn {

// Where the desktop's own programs are (xdg-open, systemd-run, busctl); never by PATH.
constexpr const char* HOST_PROGRAMS = "/usr/bin";

struct SpawnerConfig {
  std::filesystem::path
      binaries;  // absolute; sallyport-vault, -net, -display, -renderer, -cage, -open
  std::filesystem::path stateDirectory;  // absolute; the vault gets its folder vault/
  // To start the app again: its broker's program, and argv from its own name on. Empty: it does not
  // start again.
  std::filesystem::path program;
  std::vector<std::string> commandLine;
  std::string appId;  // [a-z0-9-]{1,32}; the host name that a renderer sees
  // Name and value. Only the names in child-plan.cpp's list are passed on, and only to prompt,
  // chooser and frame; to the opener, all but what is not the user's.
  std::vector<std::pair<std::string, std::string>> displayEnvironment;
  std::vector<std::string> linkSchemes;  // what the opener opens beside https and mailto
  // Where the user's service manager listens, $XDG_RUNTIME_DIR; empty: none is asked for anything.
  std::filesystem::path userRuntime;
  std::filesystem::path hostPrograms = HOST_PROGRAMS;  // another one in the testing build only
  sandbox::CageBounds windowBounds =
      sandbox::renderer::WINDOW_BOUNDS;  // others in the testing build only
  std::string profile{sandbox::STRICT};  // another one in the testing build only
  bool fastKdf = false;                  // testing build only: the vault derives its key cheaply
  std::filesystem::path promptScript;    // testing build only, else empty
  // Testing build only: by window label what runs in the renderer's place and cage; "": in every
  // other window's.
  std::map<std::string, std::filesystem::path> rendererReplacements;
};

// Serves one broker on control (SOCK_SEQPACKET) until it closes; then ends every child but openers,
// whose programs are the user's, and returns the exit code. When it was asked to, it leaves a
// process that waits for the broker's end and then starts the app again. Call in a freshly forked
// child, and _exit() with what it returns:
//
//   int pair[2]; socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
//   if (fork() == 0) { close(pair[0]); _exit(spawn::runSpawner(pair[1], config)); }
//   close(pair[1]); ... auto link = spawn::connectSpawner(kj::AutoCloseFd(pair[0]), eventPort);
//
// The broker's end must be close-on-exec and held by the broker alone: its closing is how the
// spawner learns that the broker is gone, however it went. Closes every other inherited descriptor
// but 0-2, and leaves the parent's session.
int runSpawner(int control, const SpawnerConfig& config);

}  // namespace sallyport::spawn
