#include "broker/daemon/descriptor.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace sallyport::daemon {

SocketPair makeSocketPair() {
  int ends[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  SocketPair pair{kj::AutoCloseFd(ends[0]), kj::AutoCloseFd(ends[1])};
  KJ_SYSCALL(fcntl(pair.ours, F_SETFL, O_NONBLOCK));
  return pair;
}

kj::Promise<kj::AutoCloseFd> receiveDescriptor(proto::Fd::Client carrier) {
  auto promise = carrier.getFd();
  return promise.then([carrier = kj::mv(carrier)](kj::Maybe<int> fd) -> kj::AutoCloseFd {
    int copy = -1;
    KJ_IF_MAYBE (number, fd) {
      KJ_SYSCALL(copy = fcntl(*number, F_DUPFD_CLOEXEC, 3));
    }
    KJ_REQUIRE(copy >= 0, "the capability carries no descriptor");
    return kj::AutoCloseFd(copy);
  });
}

}  // namespace sallyport::daemon
