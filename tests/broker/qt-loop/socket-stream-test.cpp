// The stream alone: order, back-pressure, descriptors, end of file, errors.
#include "broker/qt-loop/socket-stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "tests/broker/qt-loop/fixture.h"

namespace sallyport::qt_loop {

namespace {

kj::Array<kj::byte> pattern(std::size_t size) {
  auto bytes = kj::heapArray<kj::byte>(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<kj::byte>(i * 31 + i / 251);
  }
  return bytes;
}

struct Streams : Fixture {
  SocketPair pair;
  kj::Own<QtSocketStream> a;
  kj::Own<QtSocketStream> b;
  explicit Streams(Descriptors descriptors = Descriptors::IGNORED)
      : a(kj::heap<QtSocketStream>(loop.port(), kj::mv(pair.ours), descriptors)),
        b(kj::heap<QtSocketStream>(loop.port(), kj::mv(pair.theirs), descriptors)) {}
};

ino_t inodeOf(int fd) {
  struct stat info {};
  KJ_SYSCALL(::fstat(fd, &info));
  return info.st_ino;
}

int openDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("the writes of one turn leave as one block") {
  Fixture f;
  SocketPair pair;
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::IGNORED);
  std::array<char, 16> buffer{};
  f.exec(kj::evalLater([&] {
    return stream.write("one", 3).then([&] { return stream.write("two", 3); }).then([&] {
      CHECK(::recv(pair.theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) == -1);
    });
  }));
  CHECK(::recv(pair.theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 6);
  CHECK(std::string(buffer.data(), 6) == "onetwo");
}

TEST_CASE("a reader that asks small pieces gets the bytes in order, and a short count at the end") {
  Streams s;
  std::array<char, 8> buffer{};
  std::string got;
  s.exec(s.a->write("hello world", 11)
             .then([&] {
               s.a->shutdownWrite();
               return s.b->tryRead(buffer.data(), 3, 4);
             })
             .then([&](std::size_t n) {
               CHECK(n >= 3);
               got.append(buffer.data(), n);
               return s.b->tryRead(buffer.data(), 8, 8);
             })
             .then([&](std::size_t n) {
               got.append(buffer.data(), n);
               return s.b->tryRead(buffer.data(), 1, 8);
             })
             .then([&](std::size_t n) { CHECK(n == 0); }));
  CHECK(got == "hello world");
}

TEST_CASE("a transfer larger than every buffer arrives whole, both ways at once") {
  Streams s;
  auto bytes = pattern(8 * 1024 * 1024 + 3);
  auto toB = kj::heapArray<kj::byte>(bytes.size());
  auto toA = kj::heapArray<kj::byte>(bytes.size());
  auto all = kj::heapArrayBuilder<kj::Promise<void>>(4);
  all.add(s.a->write(bytes.begin(), bytes.size()));
  all.add(s.b->write(bytes.begin(), bytes.size()));
  all.add(s.b->read(toB.begin(), toB.size()));
  all.add(s.a->read(toA.begin(), toA.size()));
  s.exec(kj::joinPromises(all.finish()));
  CHECK(std::memcmp(bytes.begin(), toB.begin(), bytes.size()) == 0);
  CHECK(std::memcmp(bytes.begin(), toA.begin(), bytes.size()) == 0);
}

TEST_CASE("a writer waits when the peer does not read") {
  Streams s;
  auto block = pattern(QtSocketStream::WRITE_BUFFER / 2);
  kj::Function<kj::Promise<void>(int)> write = [&](int left) -> kj::Promise<void> {
    if (left == 0) {
      return kj::READY_NOW;
    }
    return s.a->write(block.begin(), block.size()).then([&write, left] { return write(left - 1); });
  };
  auto writing = write(64);
  CHECK(!writing.poll(s.loop.waitScope()));
  auto sink = kj::heapArray<kj::byte>(block.size() * 64);
  s.b->read(sink.begin(), sink.size()).wait(s.loop.waitScope());
  writing.wait(s.loop.waitScope());
}

TEST_CASE("a descriptor arrives with the bytes that it was sent with") {
  Streams s(Descriptors::ACCEPTED);
  const kj::byte first[] = {1, 1, 1, 1};
  const kj::byte second[] = {2, 2, 2, 2};
  kj::AutoCloseFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fds[] = {null.get()};
  std::array<kj::byte, 4> buffer{};
  kj::AutoCloseFd got[1];
  s.exec(s.a->write(first, 4)
             .then([&] { return s.a->writeWithFds(kj::arrayPtr(second, 4), nullptr, fds); })
             .then([&] { return s.b->tryReadWithFds(buffer.data(), 4, 4, got, 1); })
             .then([&](auto result) {
               CHECK(result.byteCount == 4);
               CHECK(result.capCount == 0);
               return s.b->tryReadWithFds(buffer.data(), 4, 4, got, 1);
             })
             .then([&](auto result) {
               CHECK(buffer[0] == 2);
               CHECK(result.capCount == 1);
             }));
  CHECK(inodeOf(got[0].get()) == inodeOf(null.get()));
  CHECK((::fcntl(got[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a large message carries its descriptor too, behind what was collected before") {
  Streams s(Descriptors::ACCEPTED);
  auto bytes = pattern(2 * 1024 * 1024);
  kj::AutoCloseFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fds[] = {null.get()};
  kj::byte mark = 9;
  auto sink = kj::heapArray<kj::byte>(bytes.size());
  kj::AutoCloseFd got[1];
  auto writing = s.a->write(&mark, 1).then([&] { return s.a->writeWithFds(bytes, nullptr, fds); });
  s.exec(
      s.b->read(&mark, 1)
          .then([&] { return s.b->tryReadWithFds(sink.begin(), sink.size(), sink.size(), got, 1); })
          .then([&](auto result) { CHECK(result.capCount == 1); }));
  writing.wait(s.loop.waitScope());
  CHECK(std::memcmp(bytes.begin(), sink.begin(), bytes.size()) == 0);
}

TEST_CASE("descriptors that nobody asked for are closed") {
  for (auto mode : {Descriptors::IGNORED, Descriptors::ACCEPTED}) {
    Streams s(mode);
    kj::AutoCloseFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    int fds[8];
    std::fill(std::begin(fds), std::end(fds), null.get());
    const kj::byte data[] = {1};
    kj::byte sink = 0;
    kj::AutoCloseFd got[1];
    const int before = openDescriptors();
    const std::size_t room = mode == Descriptors::ACCEPTED ? 1 : 0;
    s.exec(s.a->writeWithFds(kj::arrayPtr(data, 1), nullptr, fds)
               .then([&] { return s.b->tryReadWithFds(&sink, 1, 1, got, room); })
               .then([&](auto result) { CHECK(result.capCount == room); }));
    CHECK(openDescriptors() == before + static_cast<int>(room));
  }
}

TEST_CASE("a peer that is gone is an end of file to the reader and DISCONNECTED to the writer") {
  Streams s;
  s.b = nullptr;
  kj::byte sink = 0;
  CHECK(s.a->tryRead(&sink, 1, 1).wait(s.loop.waitScope()) == 0);
  auto bytes = pattern(QtSocketStream::WRITE_BUFFER + 1);
  auto writing = s.a->write(bytes.begin(), bytes.size())
                     .then([] { return false; },
                           [](kj::Exception&& exception) {
                             return exception.getType() == kj::Exception::Type::DISCONNECTED;
                           });
  CHECK(writing.wait(s.loop.waitScope()));
  s.a->whenWriteDisconnected().wait(s.loop.waitScope());
}

TEST_CASE(
    "a write that is dropped half-way ends the connection instead of sending half a message") {
  Streams s;
  {
    auto bytes = pattern(8 * 1024 * 1024);
    auto writing = s.a->write(bytes.begin(), bytes.size());
    CHECK(!writing.poll(s.loop.waitScope()));
  }
  kj::byte byte = 0;
  CHECK_THROWS_AS(s.a->write(&byte, 1).wait(s.loop.waitScope()), kj::Exception);
}

TEST_CASE("a read that is dropped leaves the next one the bytes") {
  Streams s;
  kj::byte sink = 0;
  { auto reading = s.b->tryRead(&sink, 1, 1); }
  s.a->write("x", 1).wait(s.loop.waitScope());
  s.b->read(&sink, 1).wait(s.loop.waitScope());
  CHECK(sink == 'x');
}

TEST_CASE("what was written before the stream is destroyed arrives") {
  Streams s;
  s.a->write("bye", 3).wait(s.loop.waitScope());
  s.a = nullptr;
  std::array<char, 4> buffer{};
  CHECK(s.b->tryRead(buffer.data(), 4, 4).wait(s.loop.waitScope()) == 3);
}

}  // namespace sallyport::qt_loop
