// See page-uploads.h.
#include "renderer/bridge/page-uploads.h"

#include <fcntl.h>
#include <kj/io.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QFile>
#include <QPointer>
#include <algorithm>
#include <utility>

#include "renderer/bridge/ticket.h"

namespace sallyport::renderer {

// A run of an upload's bytes that is here: in a file without a name, or in memory.
struct PageUploads::Slice {
  std::uint64_t bytes = 0;
  QByteArray memory;
  kj::AutoCloseFd file;
  std::shared_ptr<void> place;  // of the file
  std::uint64_t taken = 0;

  // Empty at the end, and where the file cannot be read.
  kj::Array<kj::byte> take() {
    const auto size = std::min<std::uint64_t>(bytes - taken, proto::PIECE_BYTES);
    auto piece = kj::heapArray<kj::byte>(size);
    if (file.get() < 0) {
      std::copy_n(memory.constData() + taken, size, piece.asChars().begin());
    } else if (::pread(file, piece.begin(), size, static_cast<off_t>(taken)) !=
               static_cast<ssize_t>(size)) {
      return {};
    }
    taken += size;
    return piece;
  }
};

// One slice is read, and one more asked for meanwhile.
class PageUploads::Source final : public UploadSource {
 public:
  Source(PageUploads& uploads, CallId call, int index, std::uint64_t bytes)
      : m_uploads(&uploads), m_call(call), m_index(index), m_size(bytes) {}
  ~Source() noexcept(false) override { stop(); }

  CallId call() const { return m_call; }
  int index() const { return m_index; }
  std::uint64_t size() const override { return m_size; }

  kj::Promise<kj::Array<kj::byte>> read() override {
    if (m_slice == nullptr || m_slice->taken == m_slice->bytes) {
      m_slice = std::move(m_next);
    }
    if (m_next == nullptr && m_ticket.isEmpty() && m_asked < m_size && !m_isLost) {
      std::uint64_t bytes = 0;
      m_ticket = m_uploads->ask(*this, m_asked, m_size - m_asked, bytes);
      m_asked += bytes;
    }
    if (m_slice != nullptr || m_ticket.isEmpty()) {
      return m_slice != nullptr ? m_slice->take() : kj::Array<kj::byte>();
    }
    auto paf = kj::newPromiseAndFulfiller<void>();
    m_waiting = kj::mv(paf.fulfiller);
    return paf.promise.then([this] { return read(); });
  }

  void stop() override {
    if (!m_ticket.isEmpty() && !m_uploads.isNull()) {
      m_uploads->forget(m_ticket);
    }
    m_slice = nullptr;
    came(nullptr);
  }

  // Null: the page has them no more.
  void came(std::unique_ptr<Slice> slice) {
    m_ticket.clear();
    m_isLost = slice == nullptr;
    m_next = std::move(slice);
    KJ_IF_MAYBE (waiting, m_waiting) {
      (*waiting)->fulfill();
    }
    m_waiting = nullptr;
  }

 private:
  const QPointer<PageUploads> m_uploads;  // the link, which has the calls, may outlive it
  const CallId m_call;
  const int m_index;
  const std::uint64_t m_size;
  std::uint64_t m_asked = 0;
  QString m_ticket;  // of a slice that is on its way
  bool m_isLost = false;
  std::unique_ptr<Slice> m_slice;
  std::unique_ptr<Slice> m_next;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> m_waiting;
};

PageUploads::PageUploads(qt_loop::QtLoop& loop)
    : m_loop(loop), m_places(std::make_shared<char>()) {}

PageUploads::~PageUploads() = default;

std::shared_ptr<UploadSource> PageUploads::open(CallId call, int index, std::uint64_t bytes) {
  return std::make_shared<Source>(*this, call, index, bytes);
}

QString PageUploads::ask(Source& source,
                         std::uint64_t offset,
                         std::uint64_t left,
                         std::uint64_t& bytes) {
  const bool byFile = left > CHANNEL_BYTES && m_places.use_count() <= MAX_FILES;
  bytes = std::min(left, byFile ? FILE_BYTES : CHANNEL_BYTES);
  QString ticket = freshTicket();
  m_asked.insert(ticket, {&source, bytes, byFile ? m_places : nullptr});
  Q_EMIT wanted(static_cast<double>(source.call()),
                source.index(),
                ticket,
                static_cast<double>(offset),
                static_cast<double>(bytes));
  return ticket;
}

void PageUploads::give(const QString& ticket, const QByteArray& bytes) {
  const auto asked = m_asked.constFind(ticket);
  if (asked == m_asked.constEnd()) {
    return;
  }
  auto slice = std::make_unique<Slice>();
  slice->bytes = static_cast<std::uint64_t>(bytes.size());
  slice->memory = bytes;
  came(ticket, slice->bytes == asked->bytes ? std::move(slice) : nullptr);
}

void PageUploads::arrived(const QString& ticket, const QString& path) {
  const QByteArray name = QFile::encodeName(path);
  kj::AutoCloseFd file(path.isEmpty() ? -1 : ::open(name.constData(), O_RDONLY | O_CLOEXEC));
  ::unlink(name.constData());
  const auto asked = m_asked.constFind(ticket);
  if (asked == m_asked.constEnd()) {
    return;
  }
  struct stat status {};
  const bool isWhole = file.get() >= 0 && ::fstat(file, &status) == 0 &&
                       static_cast<std::uint64_t>(status.st_size) == asked->bytes;
  auto slice = std::make_unique<Slice>();
  slice->bytes = asked->bytes;
  slice->file = kj::mv(file);
  slice->place = asked->place;
  came(ticket, isWhole ? std::move(slice) : nullptr);
}

void PageUploads::came(const QString& ticket, std::unique_ptr<Slice> slice) {
  const Asked asked = m_asked.take(ticket);
  m_loop.turn([&] { asked.source->came(std::move(slice)); });
}

}  // namespace sallyport::renderer
