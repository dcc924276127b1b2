// A broker for one renderer: starts the real binary with a session on descriptor 3, serves files
// and commands from tables of the test, and records what the renderer says. No cage here;
// tests/sandbox has that.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "proto/session.capnp.h"
#include "tests/renderer/offscreen-process.h"

namespace sallyport::renderer {

struct File {
  std::string mime;
  std::string body;
};

struct Answer {
  std::string json;          // the value, when code is empty
  std::string code;          // a failure
  bool never = false;        // no answer at all
  std::string command = {};  // set by the fake
};

using Files = std::map<std::string, File>;
using Commands = std::map<std::string, std::function<Answer(const std::string& arguments)>>;

// What the session saw; outlives the server object, which the RPC system owns.
struct Record {
  std::deque<std::string> reports;  // arguments of command "report", in order
  std::vector<std::string> logs;
  std::vector<std::string> listens;  // "fresh: names", "ready: …", "same: …"
  std::vector<std::string> assetPaths;
  std::uint64_t invocations = 0;
  std::uint64_t singles = 0;   // calls of invoke
  std::uint64_t batches = 0;   // of invokeMany
  std::uint64_t maxBatch = 0;  // calls of the largest
  std::uint64_t open = 0;      // calls that wait for an answer
  std::uint64_t maxOpen = 0;
  std::uint64_t channelsOpened = 0;
  std::uint64_t channelsClosed = 0;  // by the renderer
  std::uint64_t itemsAsked = 0;      // calls of next
  std::uint64_t dropped = 0;         // calls of which the renderer dropped the promise
  std::string engine;
  kj::Maybe<proto::RendererControl::Client> control;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> changed;
};

constexpr const char* RENDERER = SALLYPORT_BINARY_DIR "/bin/sallyport-renderer";
constexpr const char* RESOLVING_RENDERER = SALLYPORT_BINARY_DIR "/tests-bin/resolving-renderer";

// Beside the commands of the test there is the channel "count": the numbers up to its argument, ten
// for each next; after them it ends, or with a negative argument it fails after so many, and with 0
// it stays silent.

// A running renderer. Every wait has a deadline and throws when it passes.
class RendererProcess {
 public:
  RendererProcess(kj::AsyncIoContext& io,
                  Files files,
                  Commands commands,
                  const std::string& program = RENDERER);
  ~RendererProcess();
  RendererProcess(const RendererProcess&) = delete;
  RendererProcess& operator=(const RendererProcess&) = delete;

  std::string nextReport();
  void waitFor(std::function<bool()> condition);
  Record& record() { return m_record; }
  proto::RendererControl::Client control();
  kj::AsyncIoContext& io() { return m_io; }

  // Ends the connection as a dying broker does.
  void dropConnection();
  int waitExit();
  pid_t pid() const { return m_process.pid(); }
  std::vector<pid_t> children() const { return m_process.children(); }
  const std::string& home() const { return m_process.home(); }

 private:
  struct Connection;

  kj::AsyncIoContext& m_io;
  Files m_files;
  Commands m_commands;
  Record m_record;
  OffscreenProcess m_process;
  kj::Own<Connection> m_connection;
};

// A page that runs body as an async function with `bridge`, and report(value) that sends JSON to
// the test.
Files pageWith(const std::string& body);

}  // namespace sallyport::renderer
