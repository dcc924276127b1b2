// Descriptors between trusted processes: socketpairs, and the capability that carries one. Runs in
// the broker and CLI.
#pragma once

#include <kj/io.h>

#include <utility>

#include "proto/fd.capnp.h"

namespace sallyport::daemon {

// Both ends CLOEXEC; ours is non-blocking, the peer sets its own flags.
struct SocketPair {
  kj::AutoCloseFd ours;
  kj::AutoCloseFd theirs;
};
SocketPair makeSocketPair();

// Sends a descriptor beside a message (proto/fd.capnp); closes it when the receiver dropped the
// capability.
class FdCarrier final : public proto::Fd::Server {
 public:
  explicit FdCarrier(kj::AutoCloseFd fd) : m_fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return m_fd.get(); }

 private:
  kj::AutoCloseFd m_fd;
};

// A copy of the descriptor that a capability carries; fails when it carries none.
kj::Promise<kj::AutoCloseFd> receiveDescriptor(proto::Fd::Client carrier);

}  // namespace sallyport::daemon
