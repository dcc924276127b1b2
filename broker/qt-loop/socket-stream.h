// One Unix stream socket as a KJ stream in Qt's loop. Runs in the renderer and the display
// processes; trusts nothing that arrives. Bounded: READ_BUFFER bytes are read ahead, WRITE_BUFFER
// bytes are collected, then the writer waits.
#pragma once

#include <kj/array.h>
#include <kj/async-io.h>
#include <kj/io.h>
#include <kj/vector.h>

#include <QSocketNotifier>
#include <cstddef>

#include "broker/qt-loop/loop.h"

namespace sallyport::qt_loop {

// Whether descriptors may arrive. IGNORED reads ahead in blocks and the kernel closes what comes.
// ACCEPTED reads exactly what is asked, because a descriptor belongs to one byte and reading past
// it would lose which.
enum class Descriptors { IGNORED, ACCEPTED };

class QtSocketStream final : public kj::AsyncCapabilityStream, private TurnListener {
 public:
  static constexpr std::size_t READ_BUFFER = 64UL * 1024;
  static constexpr std::size_t WRITE_BUFFER = 256UL * 1024;
  static constexpr std::size_t MAX_DESCRIPTORS = 16;  // in one message, either way

  QtSocketStream(QtEventPort& port, kj::AutoCloseFd socket, Descriptors descriptors);
  ~QtSocketStream() noexcept(false);
  KJ_DISALLOW_COPY(QtSocketStream);

  // kj::AsyncInputStream. End of file is a short count; a broken connection throws DISCONNECTED.
  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t min, std::size_t max) override;

  // kj::AsyncOutputStream. Small writes are collected and leave in one system call at the end of
  // the loop's turn; an error then shows at the next write.
  kj::Promise<void> write(const void* buffer, std::size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override;
  void shutdownWrite() override;
  void abortRead() override;
  kj::Maybe<int> getFd() const override { return m_socket.get(); }

  // kj::AsyncCapabilityStream. Streams cannot be passed, descriptors can.
  kj::Promise<void> writeWithFds(kj::ArrayPtr<const kj::byte> data,
                                 kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> moreData,
                                 kj::ArrayPtr<const int> fds) override;
  kj::Promise<ReadResult> tryReadWithFds(void* buffer,
                                         std::size_t min,
                                         std::size_t max,
                                         kj::AutoCloseFd* fdBuffer,
                                         std::size_t maxFds) override;
  kj::Promise<void> writeWithStreams(
      kj::ArrayPtr<const kj::byte> data,
      kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> moreData,
      kj::Array<kj::Own<kj::AsyncCapabilityStream>> streams) override;
  kj::Promise<ReadResult> tryReadWithStreams(void* buffer,
                                             std::size_t min,
                                             std::size_t max,
                                             kj::Own<kj::AsyncCapabilityStream>* streamBuffer,
                                             std::size_t maxStreams) override;

 private:
  // A read or write that waits for the socket; destroying the promise takes it out again.
  class PendingRead;
  class PendingWrite;
  enum class Progress { DONE, BLOCKED };

  struct Target {
    kj::byte* begin;
    std::size_t min;
    std::size_t max;
    kj::AutoCloseFd* fds;
    std::size_t maxFds;
    ReadResult got;
  };

  void turnEnded() override;
  Progress fill(Target& target);
  Progress flush();
  void sent(std::size_t count);
  void finishWrites();
  std::size_t receive(kj::byte* begin, std::size_t size, Target& target, Progress& progress);
  void readable();
  void writable();
  void breakWrites(kj::Exception&& reason);
  kj::Promise<void> startWrite(kj::Vector<kj::ArrayPtr<const kj::byte>>&& pieces,
                               kj::ArrayPtr<const int> fds);

  QtEventPort& m_port;
  kj::AutoCloseFd m_socket;
  const Descriptors m_descriptors;
  QSocketNotifier m_readable;
  QSocketNotifier m_writable;

  kj::Array<kj::byte> m_in;  // read ahead; [m_inBegin, m_inEnd) is not taken yet
  std::size_t m_inBegin = 0;
  std::size_t m_inEnd = 0;
  bool m_endOfFile = false;
  PendingRead* m_pendingRead = nullptr;

  kj::Vector<kj::byte> m_out;  // collected; the first m_outSent bytes are gone
  std::size_t m_outSent = 0;
  PendingWrite* m_pendingWrite = nullptr;
  kj::Maybe<kj::Exception> m_writeError;
  bool m_shutdownAfterFlush = false;
  kj::Own<kj::PromiseFulfiller<void>> m_disconnected;
  kj::ForkedPromise<void> m_whenDisconnected;
};

}  // namespace sallyport::qt_loop
