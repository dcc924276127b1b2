#include "broker/display/chooser-session.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QFileInfo>

#include "proto/cancellation.h"

namespace sallyport::display {
namespace {

using Kind = proto::FileQuestion::Kind;

constexpr mode_t NEW_FILE = 0600;

class OpenedFile final : public proto::Fd::Server {
 public:
  explicit OpenedFile(kj::AutoCloseFd fd) : m_fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return m_fd.get(); }

 private:
  kj::AutoCloseFd m_fd;
};

// -1 for what cannot be opened so, or is no regular file.
kj::AutoCloseFd openPicked(const QString& path, Kind kind) {
  const bool writes = kind == Kind::EDIT || kind == Kind::SAVE;
  const int flags = (writes ? O_RDWR : O_RDONLY) | (kind == Kind::SAVE ? O_CREAT : 0) | O_CLOEXEC |
                    O_NOCTTY | O_NONBLOCK;
  kj::AutoCloseFd fd(open(QFile::encodeName(path).constData(), flags, NEW_FILE));
  struct stat status {};
  if (fd.get() < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return fd;
}

// Lives inside the promise: when the broker drops the call, the dialog goes too.
class Question {
 public:
  Question(kj::PromiseFulfiller<QStringList>& fulfiller, std::shared_ptr<FileDialog> dialog)
      : m_dialog(std::move(dialog)) {
    m_dialog->ask([&fulfiller](const QStringList& picked) { fulfiller.fulfill(kj::cp(picked)); });
  }
  ~Question() noexcept(false) { m_dialog->hide(); }
  KJ_DISALLOW_COPY(Question);

 private:
  std::shared_ptr<FileDialog> m_dialog;
};

}  // namespace

kj::Promise<void> ChooserSession::choose(ChooseContext context) {
  KJ_REQUIRE(!m_asked, "one question a process");
  m_asked = true;
  proto::allowCancellation(context);
  const auto kind = context.getParams().getQuestion().getKind();
  auto dialog = std::make_shared<FileDialog>(context.getParams().getQuestion());
  context.releaseParams();
  auto answer = kj::newAdaptedPromise<QStringList, Question>(dialog);
  if (m_shown) m_shown(*dialog, kind);
  return answer.then([context, kind](const QStringList& picked) mutable {
    kj::Vector<kj::AutoCloseFd> opened;
    QStringList names;
    for (const auto& path : picked) {
      if (opened.size() == proto::MAX_PICKED_FILES) break;
      if (auto fd = openPicked(path, kind); fd.get() >= 0) {
        opened.add(kj::mv(fd));
        names.append(QFileInfo(path).fileName());
      }
    }
    auto files = context.getResults().initFiles(static_cast<unsigned>(opened.size()));
    for (unsigned i = 0; i < files.size(); ++i) {
      files[i].setName(names[static_cast<qsizetype>(i)].toUtf8().constData());
      files[i].setFile(kj::heap<OpenedFile>(kj::mv(opened[i])));
    }
  });
}

}  // namespace sallyport::display
