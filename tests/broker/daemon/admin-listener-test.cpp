#include "broker/daemon/admin-listener.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <memory>
#include <vector>

#include "broker/daemon/admin-link.h"
#include "tests/broker/daemon/test-folder.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::daemon {
namespace {

class AdminFake final : public proto::Admin::Server {
 public:
  kj::Promise<void> status(StatusContext context) override {
    context.getResults().setJson("{}");
    return kj::READY_NOW;
  }
};

struct ListenerFixture : TestFolder {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  std::filesystem::path socket = path() / "admin.sock";
  std::unique_ptr<AdminListener> listener = listen();

  std::unique_ptr<AdminListener> listen() {
    return std::make_unique<AdminListener>(io.unixEventPort,
                                           *io.lowLevelProvider,
                                           io.provider->getTimer(),
                                           journal,
                                           socket,
                                           kj::heap<AdminFake>());
  }
  std::string ask(AdminLink& link) {
    return link.admin().statusRequest().send().wait(io.waitScope).getJson().cStr();
  }
};

TEST_CASE_FIXTURE(ListenerFixture, "a connection of this user reaches the admin object") {
  AdminLink link(io, socket);
  CHECK(ask(link) == "{}");
  AdminLink second(io, socket);
  CHECK(ask(second) == "{}");
}

TEST_CASE_FIXTURE(ListenerFixture, "the socket is for this user alone") {
  struct stat status {};
  REQUIRE(lstat(socket.c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_uid == geteuid());
}

TEST_CASE_FIXTURE(ListenerFixture,
                  "who connects while there is no descriptor for it waits, and is let in") {
  AdminLink link(io, socket);
  auto answer = link.admin().statusRequest().send();
  {
    const faults::NoDescriptors none;
    for (int i = 0; i < 10; ++i) {
      io.unixEventPort.poll();
      io.waitScope.poll();
    }
    CHECK_FALSE(answer.poll(io.waitScope));
  }
  CHECK(answer.wait(io.waitScope).getJson() == "{}");
  CHECK_FALSE(pipe.has("can no longer be read"));
}

TEST_CASE_FIXTURE(ListenerFixture, "what a dead broker left behind is replaced") {
  listener.reset();
  CHECK_FALSE(std::filesystem::exists(socket));
  // As after kill -9: the name is there and nobody listens.
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  close(dead);
  CHECK_THROWS_WITH_AS(
      AdminLink(io, socket), doctest::Contains("no broker runs there"), std::runtime_error);
  listener = listen();
  AdminLink link(io, socket);
  CHECK(ask(link) == "{}");
}

TEST_CASE_FIXTURE(ListenerFixture,
                  "there are at most eight connections, and a place is given again") {
  std::vector<std::unique_ptr<AdminLink>> links;
  for (unsigned i = 0; i < proto::MAX_ADMIN_CONNECTIONS; ++i) {
    links.push_back(std::make_unique<AdminLink>(io, socket));
    CHECK(ask(*links.back()) == "{}");
  }
  AdminLink ninth(io, socket);
  CHECK_THROWS(ask(ninth));
  links.pop_back();
  AdminLink again(io, socket);
  for (bool answered = false; !answered;)  // until the listener has seen that one left
    try {
      AdminLink link(io, socket);
      answered = ask(link) == "{}";
    } catch (const kj::Exception&) {
    }
  CHECK(ask(*links.front()) == "{}");
}

TEST_CASE_FIXTURE(ListenerFixture, "a connection that talks nonsense costs only itself") {
  AdminLink good(io, socket);
  CHECK(ask(good) == "{}");
  const int raw = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const std::string nonsense(4'096, '\xff');
  REQUIRE(::write(raw, nonsense.data(), nonsense.size()) == ssize_t(nonsense.size()));
  CHECK(ask(good) == "{}");
  close(raw);
  AdminLink later(io, socket);
  CHECK(ask(later) == "{}");
}

TEST_CASE_FIXTURE(ListenerFixture, "another user is turned away") {
  if (geteuid() != 0) {
    MESSAGE("not run: only root can be another user too");
    return;
  }
  REQUIRE(chmod(path().c_str(), 0711) == 0);
  REQUIRE(chmod(socket.c_str(), 0666) == 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(10);
    const int raw = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) _exit(11);
    char byte = 0;
    _exit(::read(raw, &byte, 1) == 0 ? 0 : 12);  // closed without a word
  }
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
    io.unixEventPort.poll();
    kj::evalLater([] {}).wait(io.waitScope);
  }
  REQUIRE(ended == child);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(pipe.has("another user tried the admin socket"));
}

TEST_CASE("a path that does not fit into a socket's address is said so") {
  auto io = kj::setupAsyncIo();
  CHECK_THROWS_WITH_AS(AdminLink(io, "/tmp/" + std::string(120, 'x')),
                       doctest::Contains("too long for a socket"),
                       std::runtime_error);
}

}  // namespace
}  // namespace sallyport::daemon
