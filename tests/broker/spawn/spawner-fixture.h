// A real spawner with stand-ins for the children, on its own KJ loop. Everything it makes is gone
// when it is destroyed.
#pragma once

#include <kj/async-unix.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "broker/spawn/connect-spawner.h"
#include "broker/spawn/spawner.h"

namespace sallyport::test {

// A fresh directory, removed with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return m_path; }

 private:
  std::filesystem::path m_path;
};

// What a probe or idle said, sorted by the first word; see tests/sandbox/probe.cpp.
struct Report {
  std::map<std::string, std::string> acts;
  std::map<std::string, std::string> limits;
  std::map<std::string, std::string> descriptors;
  std::map<std::string, std::string> cage;
  std::vector<std::string> arguments, environment, mounts, rest;
  bool complete = false;
};

// Two connected stream sockets, close-on-exec.
struct Pair {
  kj::AutoCloseFd ours;
  kj::AutoCloseFd theirs;
};
Pair makePair();

// Reads lines until "done", end of file or 60 seconds of silence.
Report readReport(int fd);

struct StartedChild {
  spawn::Spawned process;
  kj::AutoCloseFd first;   // our end of its descriptor 3
  kj::AutoCloseFd second;  // of its descriptor 4, if it has one
};

class SpawnerFixture {
 public:
  // Every kind is this program (under its own name, by a link) but the opener, which is the real
  // one and finds the desktop's programs in hostPrograms().
  explicit SpawnerFixture(const std::filesystem::path& program,
                          sandbox::CageBounds bounds = sandbox::renderer::WINDOW_BOUNDS,
                          const std::filesystem::path& userRuntime = {});
  ~SpawnerFixture();

  StartedChild start(spawn::ProcessKind kind, const std::string& label = "");
  spawn::SpawnerLink& link() { return *m_link; }
  kj::WaitScope& waitScope() { return m_waitScope; }
  const std::filesystem::path& stateDirectory() const { return m_config.stateDirectory; }
  std::filesystem::path vaultDirectory() const { return m_config.stateDirectory / "vault"; }
  const std::filesystem::path& hostPrograms() const { return m_config.hostPrograms; }
  pid_t spawner() const { return m_spawner; }
  // Lets go of the control socket, as a broker that ends; answers the spawner's exit code, -1 for a
  // signal.
  int end();

 private:
  TemporaryDirectory m_directory;
  spawn::SpawnerConfig m_config;
  pid_t m_spawner = -1;
  kj::UnixEventPort m_eventPort;
  kj::EventLoop m_loop;
  kj::WaitScope m_waitScope;
  kj::Own<spawn::SpawnerLink> m_link;
};

// What of the children's log pipe is there to read until its end or 10 seconds of silence.
std::string readLog(int fd);

// True when the process is gone within 30 seconds.
bool endsSoon(const kj::AutoCloseFd& pidfd);

// Tells a probe or idle what to do. Throws when not all of it goes.
void order(const StartedChild& child, const std::string& text);

// Why a start was refused, or "started".
std::string refusal(kj::Promise<spawn::Spawned> promise, kj::WaitScope& waitScope);

spawn::SpawnerConfig configOf(const char* binaries, const char* state, const char* appId);

std::filesystem::path testProgram(const char* name);
std::filesystem::path idle();  // that ends with the end of its first descriptor

}  // namespace sallyport::test
