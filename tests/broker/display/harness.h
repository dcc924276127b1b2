// What the display tests share: a virtual screen of their own, child processes with exact
// descriptors, xdotool, and the colours on that screen. Nothing here outlives its object.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/io.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sallyport::display::test {

struct SpawnRequest {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // all of it
  std::map<int, int> descriptors;                  // child's number -> ours
};

// Killed and waited for at the end of its life, and by the kernel when the test dies first.
class Child {
 public:
  explicit Child(const SpawnRequest& request);
  ~Child();
  Child(Child&& other) noexcept : m_pid(other.m_pid), m_status(other.m_status) { other.m_pid = -1; }
  Child& operator=(Child&&) = delete;

  pid_t pid() const { return m_pid; }
  bool running();
  int wait();  // exit code, or 128 + signal

 private:
  pid_t m_pid = -1;
  int m_status = 0;
};

// Runs to its end; the result is what it wrote to stdout.
std::string run(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment,
                int* code = nullptr);

struct Pair {
  kj::AutoCloseFd ours, theirs;
};
Pair socketPair();
Pair pipePair();  // ours: read end

struct Colour {
  int red, green, blue;
  bool near(const Colour& other) const;
};

// One Xvfb for the whole test program.
class VirtualScreen {
 public:
  static VirtualScreen& the();
  std::map<std::string, std::string> environment() const;  // for clients of the host display
  std::string xdotool(const std::vector<std::string>& arguments) const;
  // The id of the visible window with exactly this title; waits for it.
  std::string window(const std::string& title) const;
  bool isNot(const std::string& title) const;  // no visible window has this title
  struct Geometry {
    int x = 0, y = 0, width = 0, height = 0;
  };
  Geometry geometry(const std::string& window) const;
  // What a window manager sends for its close button.
  void closeWindow(const std::string& window) const;
  Colour at(int x, int y) const;
  void save(const std::string& file) const;

 private:
  VirtualScreen();
  std::string m_name;
  std::string m_home;
  std::vector<Child> m_server;
};

// KJ's loop for the side that plays broker and vault.
struct Loop {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  // Turns the loop until done() or the deadline; false is a deadline missed.
  bool until(const std::function<bool()>& done, int milliseconds = 10000);
  void turnFor(int milliseconds);
};

// Lines that a child writes to a pipe.
class Reports {
 public:
  Reports(Loop& loop, kj::AutoCloseFd pipe);
  // Waits for a line that begins with this, from the last match on; empty when none came.
  std::string expect(const std::string& beginning, int milliseconds = 10000);
  bool contains(const std::string& beginning) const;
  void forget() { m_lines.clear(); }
  std::string all() const;

 private:
  kj::Promise<void> read();
  Loop& m_loop;
  kj::Own<kj::AsyncInputStream> m_stream;
  char m_buffer[4096];
  std::string m_partial;
  std::vector<std::string> m_lines;
  kj::Promise<void> m_reading = nullptr;
};

std::string displayBinary();
std::string tempDirectory();  // removed at exit

}  // namespace sallyport::display::test
