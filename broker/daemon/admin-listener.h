// The admin socket: who may connect (this user, nobody else) and how many at once. Runs in the
// broker.
#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/function.h>

#include <filesystem>

#include "broker/daemon/journal.h"
#include "proto/admin.capnp.h"

namespace sallyport::daemon {

class AdminListener final : private kj::TaskSet::ErrorHandler {
 public:
  // Binds the socket (mode 0600 in its 0700 folder), replacing one that a dead broker left behind:
  // the caller holds the lock of the folder. Serves the same object to each connection.
  AdminListener(kj::UnixEventPort& port,
                kj::LowLevelAsyncIoProvider& io,
                kj::Timer& timer,
                Journal& journal,
                std::filesystem::path path,
                proto::Admin::Client admin);
  ~AdminListener() noexcept(false);

  // Nobody new is let in and the socket is gone from its folder; who is connected gets answers on.
  void close();
  KJ_DISALLOW_COPY(AdminListener);

 private:
  kj::Promise<void> acceptLoop();
  void serve(kj::AutoCloseFd connection);
  void taskFailed(kj::Exception&& exception) override;

  kj::LowLevelAsyncIoProvider& m_io;
  kj::Timer& m_timer;
  Journal& m_journal;
  const std::filesystem::path m_path;
  proto::Admin::Client m_admin;
  kj::AutoCloseFd m_socket;
  kj::UnixEventPort::FdObserver m_observer;
  unsigned m_open = 0;
  bool m_closed = false;
  kj::TaskSet m_connections;
  kj::Promise<void> m_accepting;
};

}  // namespace sallyport::daemon
