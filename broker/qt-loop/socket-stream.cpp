// See socket-stream.h. Reads and writes never block (MSG_DONTWAIT: the file flags may be shared
// with another process) and never raise SIGPIPE.
#include "broker/qt-loop/socket-stream.h"

#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport::qt_loop {

namespace {

constexpr std::size_t MAX_PIECES = 32;  // iovec entries of one system call
constexpr std::size_t CONTROL_BYTES = CMSG_SPACE(sizeof(int) * QtSocketStream::MAX_DESCRIPTORS);

kj::Exception connectionError(int error) {
  if (error == EPIPE || error == ECONNRESET) {
    return KJ_EXCEPTION(DISCONNECTED, "the other process closed the connection");
  }
  return KJ_EXCEPTION(FAILED, "socket error", error);
}

static_assert(EAGAIN == EWOULDBLOCK);

}  // namespace

class QtSocketStream::PendingRead {
 public:
  PendingRead(kj::PromiseFulfiller<ReadResult>& fulfiller, QtSocketStream& stream, Target target)
      : m_fulfiller(fulfiller), m_stream(&stream), m_target(target) {
    stream.m_pendingRead = this;
    stream.m_readable.setEnabled(true);
  }
  ~PendingRead() noexcept(false) {
    if (m_stream != nullptr && m_stream->m_pendingRead == this) {
      m_stream->m_pendingRead = nullptr;
      m_stream->m_readable.setEnabled(false);
    }
  }
  KJ_DISALLOW_COPY(PendingRead);

  kj::PromiseFulfiller<ReadResult>& m_fulfiller;
  QtSocketStream* m_stream;
  Target m_target;
};

class QtSocketStream::PendingWrite {
 public:
  PendingWrite(kj::PromiseFulfiller<void>& fulfiller,
               QtSocketStream& stream,
               kj::Vector<kj::ArrayPtr<const kj::byte>>&& pieces,
               kj::ArrayPtr<const int> fds)
      : m_fulfiller(fulfiller), m_stream(&stream), m_pieces(kj::mv(pieces)), m_fds(fds) {
    stream.m_pendingWrite = this;
    stream.flush();
  }
  // Part of a message may be out already, and its owner frees the rest now: nothing sensible can
  // follow it.
  ~PendingWrite() noexcept(false) {
    if (m_stream != nullptr && m_stream->m_pendingWrite == this) {
      m_stream->m_pendingWrite = nullptr;
      m_stream->breakWrites(KJ_EXCEPTION(DISCONNECTED, "a write was cancelled half-way"));
    }
  }
  KJ_DISALLOW_COPY(PendingWrite);

  kj::PromiseFulfiller<void>& m_fulfiller;
  QtSocketStream* m_stream;
  kj::Vector<kj::ArrayPtr<const kj::byte>> m_pieces;
  std::size_t m_done = 0;  // pieces that are out
  kj::ArrayPtr<const int> m_fds;
};

QtSocketStream::QtSocketStream(QtEventPort& port, kj::AutoCloseFd socket, Descriptors descriptors)
    : m_port(port),
      m_socket(kj::mv(socket)),
      m_descriptors(descriptors),
      m_readable(m_socket.get(), QSocketNotifier::Read),
      m_writable(m_socket.get(), QSocketNotifier::Write),
      m_whenDisconnected(nullptr) {
  m_readable.setEnabled(false);
  m_writable.setEnabled(false);
  auto disconnected = kj::newPromiseAndFulfiller<void>();
  m_disconnected = kj::mv(disconnected.fulfiller);
  m_whenDisconnected = disconnected.promise.fork();
  QObject::connect(&m_readable, &QSocketNotifier::activated, [this] { readable(); });
  QObject::connect(&m_writable, &QSocketNotifier::activated, [this] { writable(); });
  m_port.listen(*this);
}

QtSocketStream::~QtSocketStream() noexcept(false) {
  m_port.forget(*this);
  if (m_pendingWrite == nullptr) {
    flush();  // what write() took has been promised; the kernel has room for it unless the peer is
              // stuck
  } else {
    m_pendingWrite->m_stream = nullptr;
  }
  if (m_pendingRead != nullptr) {
    m_pendingRead->m_stream = nullptr;
  }
}

// --- reading
// --------------------------------------------------------------------------------------------------------

kj::Promise<std::size_t> QtSocketStream::tryRead(void* buffer, std::size_t min, std::size_t max) {
  return tryReadWithFds(buffer, min, max, nullptr, 0).then([](ReadResult result) {
    return result.byteCount;
  });
}

kj::Promise<kj::AsyncCapabilityStream::ReadResult> QtSocketStream::tryReadWithFds(
    void* buffer, std::size_t min, std::size_t max, kj::AutoCloseFd* fdBuffer, std::size_t maxFds) {
  return kj::evalNow([&]() -> kj::Promise<ReadResult> {
    KJ_REQUIRE(m_pendingRead == nullptr, "one read at a time");
    Target target{static_cast<kj::byte*>(buffer), min, max, fdBuffer, maxFds, {0, 0}};
    if (fill(target) == Progress::DONE) {
      return target.got;
    }
    return kj::newAdaptedPromise<ReadResult, PendingRead>(*this, target);
  });
}

// Takes what is there; BLOCKED when it is less than the minimum.
QtSocketStream::Progress QtSocketStream::fill(Target& target) {
  while (target.got.byteCount < target.min) {
    const std::size_t wanted = target.max - target.got.byteCount;
    if (m_inBegin < m_inEnd) {
      const std::size_t size = std::min(wanted, m_inEnd - m_inBegin);
      std::memcpy(target.begin + target.got.byteCount, m_in.begin() + m_inBegin, size);
      target.got.byteCount += size;
      m_inBegin += size;
      continue;
    }
    if (m_endOfFile) {
      return Progress::DONE;
    }
    auto progress = Progress::DONE;
    if (m_descriptors == Descriptors::ACCEPTED || wanted >= READ_BUFFER) {
      target.got.byteCount +=
          receive(target.begin + target.got.byteCount, wanted, target, progress);
    } else {
      if (m_in.size() == 0) {
        m_in = kj::heapArray<kj::byte>(READ_BUFFER);
      }
      m_inBegin = m_inEnd = 0;
      m_inEnd = receive(m_in.begin(), READ_BUFFER, target, progress);
    }
    if (progress == Progress::BLOCKED) {
      return Progress::BLOCKED;
    }
  }
  return Progress::DONE;
}

// One recvmsg. Without room for descriptors there is no control buffer, and the kernel closes what
// came.
std::size_t QtSocketStream::receive(kj::byte* begin,
                                    std::size_t size,
                                    Target& target,
                                    Progress& progress) {
  alignas(cmsghdr) std::array<char, CONTROL_BYTES> control;
  iovec piece{begin, size};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  const std::size_t room = m_descriptors == Descriptors::ACCEPTED
                               ? std::min(target.maxFds - target.got.capCount, MAX_DESCRIPTORS)
                               : 0;
  if (room > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * room);
  }
  ssize_t count = 0;
  do {
    count = ::recvmsg(m_socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    const int error = errno;
    if (error != EAGAIN) {
      kj::throwFatalException(connectionError(error));
    }
    progress = Progress::BLOCKED;
    return 0;
  }
  for (auto* header = room > 0 ? CMSG_FIRSTHDR(&message) : nullptr; header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < fds; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      kj::AutoCloseFd owned(fd);
      // CMSG_SPACE rounds up, so the kernel may deliver one more than asked: it is closed here.
      if (target.got.capCount < target.maxFds) {
        target.fds[target.got.capCount++] = kj::mv(owned);
      }
    }
  }
  m_endOfFile = count == 0;
  return static_cast<std::size_t>(count);
}

void QtSocketStream::readable() {
  if (m_pendingRead == nullptr) {
    m_readable.setEnabled(false);
    return;
  }
  m_port.turn([this] {
    auto& pending = *m_pendingRead;
    auto progress = Progress::DONE;
    auto failure = kj::runCatchingExceptions([&] { progress = fill(pending.m_target); });
    // The notifier stays: most often the next read comes in this turn.
    KJ_IF_MAYBE (exception, failure) {
      m_pendingRead = nullptr;
      pending.m_fulfiller.reject(kj::mv(*exception));
    } else if (progress == Progress::DONE) {
      m_pendingRead = nullptr;
      pending.m_fulfiller.fulfill(kj::mv(pending.m_target.got));
    }
  });
}

void QtSocketStream::abortRead() { ::shutdown(m_socket.get(), SHUT_RD); }

// --- writing
// --------------------------------------------------------------------------------------------------------

kj::Promise<void> QtSocketStream::write(const void* buffer, std::size_t size) {
  const auto piece = kj::arrayPtr(static_cast<const kj::byte*>(buffer), size);
  return write(kj::arrayPtr(&piece, 1));
}

kj::Promise<void> QtSocketStream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  std::size_t size = 0;
  for (auto piece : pieces) {
    size += piece.size();
  }
  const bool fits = m_out.size() <= WRITE_BUFFER && size <= WRITE_BUFFER - m_out.size();
  if (fits && m_pendingWrite == nullptr && m_writeError == nullptr) {
    for (auto piece : pieces) {
      m_out.addAll(piece);
    }
    return kj::READY_NOW;
  }
  kj::Vector<kj::ArrayPtr<const kj::byte>> all(pieces.size());
  all.addAll(pieces);
  return startWrite(kj::mv(all), nullptr);
}

kj::Promise<void> QtSocketStream::writeWithFds(
    kj::ArrayPtr<const kj::byte> data,
    kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> moreData,
    kj::ArrayPtr<const int> fds) {
  kj::Vector<kj::ArrayPtr<const kj::byte>> all(moreData.size() + 1);
  all.add(data);
  all.addAll(moreData);
  if (fds.size() == 0) {
    return write(all.asPtr());
  }
  KJ_REQUIRE(fds.size() <= MAX_DESCRIPTORS, "too many descriptors for one message");
  return startWrite(kj::mv(all), fds);
}

kj::Promise<void> QtSocketStream::startWrite(kj::Vector<kj::ArrayPtr<const kj::byte>>&& pieces,
                                             kj::ArrayPtr<const int> fds) {
  KJ_REQUIRE(m_pendingWrite == nullptr, "one write at a time");
  KJ_IF_MAYBE (error, m_writeError) {
    return kj::cp(*error);
  }
  return kj::newAdaptedPromise<void, PendingWrite>(*this, kj::mv(pieces), fds);
}

// Sends what was collected and then the pending write, until the socket is full.
QtSocketStream::Progress QtSocketStream::flush() {
  while (m_writeError == nullptr) {
    std::array<iovec, MAX_PIECES> pieces;
    std::size_t used = 0;
    const std::size_t collected = m_out.size() - m_outSent;
    if (collected > 0) {
      pieces[used++] = {m_out.begin() + m_outSent, collected};
    }
    // Descriptors ride on the first byte of their own message, so what was collected must be out
    // before.
    const bool fds = m_pendingWrite != nullptr && m_pendingWrite->m_fds.size() > 0;
    if (m_pendingWrite != nullptr && !(fds && collected > 0)) {
      auto& write = *m_pendingWrite;
      for (auto i = write.m_done; i < write.m_pieces.size() && used < MAX_PIECES; ++i) {
        auto piece = write.m_pieces[i];
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): sendmsg only reads
        pieces[used++] = {const_cast<kj::byte*>(piece.begin()), piece.size()};
      }
    }
    if (used == 0) {
      break;
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = used;
    alignas(cmsghdr) std::array<char, CONTROL_BYTES> control{};
    if (fds && collected == 0) {
      const auto bytes = m_pendingWrite->m_fds.size() * sizeof(int);
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(bytes);
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(bytes);
      std::memcpy(CMSG_DATA(header), m_pendingWrite->m_fds.begin(), bytes);
    }
    const ssize_t count = ::sendmsg(m_socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      const int error = errno;
      if (error == EINTR) {
        continue;
      }
      if (error == EAGAIN) {
        m_writable.setEnabled(true);
        return Progress::BLOCKED;
      }
      breakWrites(connectionError(error));
      break;
    }
    sent(static_cast<std::size_t>(count));
  }
  finishWrites();
  return Progress::DONE;
}

// Accounts for bytes that are out.
void QtSocketStream::sent(std::size_t count) {
  const std::size_t collected = std::min(count, m_out.size() - m_outSent);
  m_outSent += collected;
  count -= collected;
  if (m_outSent == m_out.size()) {
    m_out.clear();
    m_outSent = 0;
  }
  if (m_pendingWrite == nullptr || !m_out.empty()) {
    return;
  }
  auto& write = *m_pendingWrite;
  if (count > 0) {
    write.m_fds = nullptr;
  }
  while (write.m_done < write.m_pieces.size() && count >= write.m_pieces[write.m_done].size()) {
    count -= write.m_pieces[write.m_done++].size();
  }
  if (count > 0) {
    auto& piece = write.m_pieces[write.m_done];
    piece = piece.slice(count, piece.size());
  }
}

void QtSocketStream::finishWrites() {
  m_writable.setEnabled(false);
  if (m_writeError != nullptr) {
    return;
  }
  if (m_pendingWrite != nullptr) {
    auto& write = *m_pendingWrite;
    m_pendingWrite = nullptr;
    write.m_fulfiller.fulfill();
  }
  if (m_shutdownAfterFlush) {
    m_shutdownAfterFlush = false;
    ::shutdown(m_socket.get(), SHUT_WR);
  }
}

void QtSocketStream::breakWrites(kj::Exception&& reason) {
  m_out.clear();
  m_outSent = 0;
  m_writable.setEnabled(false);
  if (m_pendingWrite != nullptr) {
    auto& write = *m_pendingWrite;
    m_pendingWrite = nullptr;
    write.m_fulfiller.reject(kj::cp(reason));
  }
  m_writeError = kj::mv(reason);
  m_disconnected->fulfill();
  // The reader learns it too: half a connection is of no use to an RPC peer.
  ::shutdown(m_socket.get(), SHUT_RDWR);
}

void QtSocketStream::turnEnded() {
  // While the socket is full the notifier calls; trying again each turn would be a wasted system
  // call.
  if (!m_writable.isEnabled() && (!m_out.empty() || m_pendingWrite != nullptr)) {
    flush();
  }
}

void QtSocketStream::writable() {
  m_port.turn([this] { flush(); });
}

kj::Promise<void> QtSocketStream::whenWriteDisconnected() { return m_whenDisconnected.addBranch(); }

void QtSocketStream::shutdownWrite() {
  m_shutdownAfterFlush = true;
  if (!m_writable.isEnabled()) {
    flush();
  }
}

kj::Promise<void> QtSocketStream::writeWithStreams(kj::ArrayPtr<const kj::byte>,
                                                   kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>,
                                                   kj::Array<kj::Own<kj::AsyncCapabilityStream>>) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "streams cannot be passed");
}

kj::Promise<kj::AsyncCapabilityStream::ReadResult> QtSocketStream::tryReadWithStreams(
    void*, std::size_t, std::size_t, kj::Own<kj::AsyncCapabilityStream>*, std::size_t) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "streams cannot be passed");
}

}  // namespace sallyport::qt_loop
