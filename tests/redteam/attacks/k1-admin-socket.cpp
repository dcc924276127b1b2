// The socket by which the user rules the broker, from the cage and as another user.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

// In a child, as nobody.
int connectAsNobody(const std::filesystem::path& path) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t NOBODY = 65534;
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) _exit(255);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    _exit(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

const Registered K1({
    .id = "K1",
    .title = "the admin socket, from the cage and as another user",
    .safe = "its folder is the user's alone (0700), and it is not in the cage",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"private-folders"},
    .inside =
        [](Inside& a) {
          std::size_t sockets = 0;
          for (const char* root : {"/run", "/tmp", "/home", "/app", "/var", "/etc", "/dev"}) {
            std::error_code error, gone;
            for (std::filesystem::recursive_directory_iterator it(root, error), end;
                 !error && it != end;
                 it.increment(error))
              if (it->is_socket(gone)) ++sockets;
          }
          a.fact("sockets in the file system", std::to_string(sockets));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "sockets", {"0"});
          struct stat status {};
          const bool there = stat(seen.broker().runtime().c_str(), &status) == 0;
          verdict.expect(there && (status.st_mode & 0777) == 0700 && status.st_uid == geteuid(),
                         "the folder of the socket is 0700 and the user's own");
          if (geteuid() != 0) return verdict.note("not tried as another user, which only root can");
          // The folders above are the test's own: only this one and the socket are asked.
          const auto socket = seen.broker().runtime() / "admin.sock";
          verdict.expect(std::filesystem::exists(socket), "the socket is there");
          const int error = connectAsNobody(socket);
          verdict.expect(
              error == EACCES,
              std::string("as nobody: ") + (error == 0 ? "connected" : strerrorname_np(error)));
        },
});

}  // namespace
}  // namespace sallyport::redteam
