// A Qt application and a KJ loop in it, fresh for each test case, and a socketpair to talk over.
#pragma once

#include <kj/debug.h>
#include <kj/io.h>
#include <sys/socket.h>

#include <QCoreApplication>

#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"

namespace sallyport::qt_loop {

struct Fixture {
  int argc = 1;
  char name[5] = "test";
  char* argv[2] = {name, nullptr};
  QCoreApplication app{argc, argv};
  QtLoop loop;

  // Runs Qt's own loop, as a real process does, until the promise is done; a rejection is thrown.
  void exec(kj::Promise<void> promise) {
    kj::Maybe<kj::Exception> failure;
    auto running = promise
                       .then([] { QCoreApplication::quit(); },
                             [&](kj::Exception&& exception) {
                               failure = kj::mv(exception);
                               QCoreApplication::quit();
                             })
                       .eagerlyEvaluate(nullptr);
    QCoreApplication::exec();
    KJ_IF_MAYBE (exception, failure) {
      kj::throwFatalException(kj::mv(*exception));
    }
  }
};

struct SocketPair {
  kj::AutoCloseFd ours;
  kj::AutoCloseFd theirs;
  SocketPair() {
    int fds[2];
    KJ_SYSCALL(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
    ours = kj::AutoCloseFd(fds[0]);
    theirs = kj::AutoCloseFd(fds[1]);
  }
};

}  // namespace sallyport::qt_loop
