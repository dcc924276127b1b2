// One dialog in which the user picks files: a process of its own that is started for the question
// and ended after it. Runs in the broker.
#pragma once

#include <kj/async.h>
#include <kj/io.h>

#include <string>
#include <vector>

#include "broker/commands/modules/fs/picked-files.h"
#include "broker/daemon/service.h"
#include "proto/chooser.capnp.h"

namespace sallyport::daemon {

struct OpenedFile {
  std::string name;
  kj::AutoCloseFd fd;
};

class FileChooser {
 public:
  struct Question {
    std::string app;
    std::string window;
    proto::FileQuestion::Kind kind = proto::FileQuestion::Kind::OPEN;
    std::string suggestedName = {};
    std::vector<commands::fs::FileFilter> filters = {};
  };

  explicit FileChooser(Surroundings& around) : m_around(around) {}
  KJ_DISALLOW_COPY(FileChooser);

  bool busy() const { return m_busy; }

  // Only when not busy. Nothing: the user said no. Rejects when there is no dialog. Dropping the
  // promise ends the process, and the dialog with it.
  kj::Promise<std::vector<OpenedFile>> ask(Question question);

 private:
  struct Run;

  Surroundings& m_around;
  bool m_busy = false;
};

}  // namespace sallyport::daemon
