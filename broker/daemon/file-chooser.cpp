#include "broker/daemon/file-chooser.h"

#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/stat.h>

#include "broker/daemon/child-process.h"
#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {
namespace {

// What comes from a process with a user's files is checked all the same: a handle is for a regular
// file, opened as it was asked for.
bool isAsAsked(int fd, proto::FileQuestion::Kind kind) {
  using Kind = proto::FileQuestion::Kind;
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
  return kind == Kind::EDIT || kind == Kind::SAVE ? mode == O_RDWR : mode == O_RDONLY;
}

void fill(proto::FileQuestion::Builder message, const FileChooser::Question& question) {
  message.setApp(question.app);
  message.setWindow(question.window);
  message.setKind(question.kind);
  message.setSuggestedName(question.suggestedName);
  auto filters = message.initFilters(static_cast<unsigned>(question.filters.size()));
  for (unsigned i = 0; i < filters.size(); ++i) {
    filters[i].setName(question.filters[i].name);
    const auto& extensions = question.filters[i].extensions;
    auto list = filters[i].initExtensions(static_cast<unsigned>(extensions.size()));
    for (unsigned j = 0; j < list.size(); ++j) list.set(j, extensions[j]);
  }
}

}  // namespace

// The process and the link to it; ended with the promise that holds it.
struct FileChooser::Run {
  explicit Run(bool& busy) : m_busy(busy) { m_busy = true; }
  ~Run() noexcept(false) { m_busy = false; }
  KJ_DISALLOW_COPY(Run);

  void connect(Surroundings& around, spawn::Spawned spawned, kj::AutoCloseFd ours) {
    process = kj::heap<ChildProcess>(
        around.port, around.timer, around.journal, "chooser", kj::mv(spawned));
    stream = around.io.wrapUnixSocketFd(kj::mv(ours),
                                        kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                            kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK);
    rpc = kj::heap<capnp::TwoPartyClient>(*stream, proto::MAX_PICKED_FILES);
  }

  kj::Own<ChildProcess> process;
  kj::Own<kj::AsyncCapabilityStream> stream;
  kj::Own<capnp::TwoPartyClient> rpc;

 private:
  bool& m_busy;
};

kj::Promise<std::vector<OpenedFile>> FileChooser::ask(Question question) {
  KJ_REQUIRE(!m_busy, "one dialog at a time");
  auto run = kj::heap<Run>(m_busy);
  Run& held = *run;
  auto pair = makeSocketPair();
  spawn::SpawnRequest request{spawn::ProcessKind::CHOOSER, "", {}};
  request.fds.push_back(kj::mv(pair.theirs));
  const auto kind = question.kind;
  return m_around.spawner.spawn(kj::mv(request))
      .then([this, &held, question = std::move(question), ours = kj::mv(pair.ours)](
                spawn::Spawned spawned) mutable {
        held.connect(m_around, kj::mv(spawned), kj::mv(ours));
        auto ask = held.rpc->bootstrap().castAs<proto::Chooser>().chooseRequest();
        fill(ask.initQuestion(), question);
        return ask.send();
      })
      .then([kind](capnp::Response<proto::Chooser::ChooseResults> answer) {
        kj::Vector<kj::Promise<OpenedFile>> files;
        for (auto file : answer.getFiles()) {
          KJ_REQUIRE(files.size() < proto::MAX_PICKED_FILES, "too many files");
          KJ_REQUIRE(file.getName().size() <= proto::MAX_FILE_NAME_BYTES, "a long name");
          files.add(
              receiveDescriptor(file.getFile())
                  .then([kind, name = std::string(file.getName().cStr())](kj::AutoCloseFd fd) {
                    KJ_REQUIRE(isAsAsked(fd, kind), "not the file that was asked for");
                    return OpenedFile{name, kj::mv(fd)};
                  }));
        }
        return kj::joinPromises(files.releaseAsArray()).attach(kj::mv(answer));
      })
      .then([](kj::Array<OpenedFile> files) {
        std::vector<OpenedFile> list;
        for (auto& file : files) list.push_back(kj::mv(file));
        return list;
      })
      .attach(kj::mv(run));
}

}  // namespace sallyport::daemon
