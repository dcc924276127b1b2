// The messages between broker and spawner.
#include "broker/spawn/wire.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace sallyport::spawn {
namespace {

struct Sockets {
  int ends[2];
  Sockets() { REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0); }
  ~Sockets() {
    close(ends[0]);
    close(ends[1]);
  }
};

int openDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a structure and its descriptors arrive as sent, close-on-exec") {
  Sockets sockets;
  wire::Request request{};
  request.id = 7;
  wire::put(request.label, "main");
  REQUIRE(wire::send(sockets.ends[0], &request, sizeof request, {0, 1}, 0) == wire::Transfer::DONE);
  wire::Request got{};
  const auto received = wire::receive(sockets.ends[1], &got, sizeof got, 0);
  CHECK(received.transfer == wire::Transfer::DONE);
  CHECK(got.id == 7);
  CHECK(wire::take(got.label) == "main");
  REQUIRE(received.descriptors.size() == 2);
  for (const int fd : received.descriptors) {
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(fd);
  }
}

TEST_CASE("a message of the wrong size is an error and its descriptors are closed") {
  for (const std::size_t size : {sizeof(wire::Request) - 1, sizeof(wire::Request) + 1}) {
    Sockets sockets;
    const std::vector<char> bytes(size);
    REQUIRE(wire::send(sockets.ends[0], bytes.data(), size, {0}, 0) == wire::Transfer::DONE);
    const int before = openDescriptors();
    wire::Request got{};
    CHECK_THROWS_AS(wire::receive(sockets.ends[1], &got, sizeof got, 0), std::runtime_error);
    CHECK(openDescriptors() == before);
  }
}

TEST_CASE("one descriptor too many is an error and none of them stays open") {
  Sockets sockets;
  wire::Request request{};
  CHECK_THROWS_AS(wire::send(sockets.ends[0], &request, sizeof request, {0, 1, 2}, 0),
                  std::invalid_argument);
  // By hand, as a peer that does not use our code would.
  for (const int count : {3, 20}) {
    iovec part{&request, sizeof request};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 20)]{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * static_cast<std::size_t>(count));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * static_cast<std::size_t>(count));
    REQUIRE(sendmsg(sockets.ends[0], &header, 0) == sizeof request);
    const int before = openDescriptors();
    wire::Request got{};
    CHECK_THROWS_AS(wire::receive(sockets.ends[1], &got, sizeof got, 0), std::runtime_error);
    CHECK(openDescriptors() == before);
  }
}

TEST_CASE("a label is short and of lower-case letters, digits and dashes") {
  for (const char* good : {"main", "a", "wallet-2", "abcdefghijklmnopqrstuvwxyz012345"})
    CHECK(wire::isLabel(good));
  for (const char* bad : {"",
                          "Main",
                          "a b",
                          "../main",
                          "a/b",
                          "a.b",
                          "m\xc3\xa4in",
                          "-\n",
                          "abcdefghijklmnopqrstuvwxyz0123456"}) {
    INFO("label: ", bad);
    CHECK(!wire::isLabel(bad));
  }
}

TEST_CASE("text is cut to its field and a field without an end is no text") {
  std::array<char, 8> field{};
  wire::put(field, "0123456789");
  CHECK(wire::take(field) == "0123456");
  field.fill('x');
  CHECK(!wire::take(field));
}

}  // namespace sallyport::spawn
