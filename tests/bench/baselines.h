// The three ways to compare with: (a) a QWebChannel call that ends in the Qt process, (b) a bare
// Cap'n Proto call to another process, (c) a raw ping-pong with another process. Each owns its
// other process.
#pragma once

#include <kj/async-io.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "proto/session.capnp.h"
#include "tests/renderer/offscreen-process.h"

namespace sallyport::bench {

// Microseconds a call; flood in milliseconds for all.
class ChannelEcho {
 public:
  ChannelEcho();
  enum class Way { CHANNEL, RAW };  // ends in the Qt process, or goes on to another one and back
  std::vector<double> serial(int count, Way way = Way::CHANNEL);
  double flood(int count, Way way = Way::CHANNEL);

 private:
  std::string ask(const std::string& line);
  renderer::OffscreenProcess m_process;
  kj::AutoCloseFd m_socket;
};

// A forked process that serves on its end of a socketpair until ours is closed.
class ForkedPeer {
 public:
  explicit ForkedPeer(void (*serve)(int fd));
  ~ForkedPeer();
  ForkedPeer(const ForkedPeer&) = delete;
  ForkedPeer& operator=(const ForkedPeer&) = delete;
  kj::AutoCloseFd socket;

 private:
  pid_t m_pid;
};

// Fork these before an event loop exists.
void serveCapnp(int fd);
void serveRaw(int fd);

std::vector<double> serialCapnp(kj::AsyncIoContext& io, proto::Session::Client& session, int count);
std::vector<double> serialRaw(int fd, int count);

}  // namespace sallyport::bench
