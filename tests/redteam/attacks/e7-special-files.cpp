// Files that are none: whoever opens them waits, or acts.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E7({
    .id = "E7",
    .title = "a FIFO, a socket, a device and a folder in the place of a file",
    .safe = "refused at once, and nobody waits",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"regular-files"},
    .prepare =
        [](const Ground& ground) {
          mkfifo((ground.open() / "fifo").c_str(), 0600);
          fs::create_directory(ground.open() / "directory");
          fs::create_symlink("/dev/zero", ground.open() / "device");
          const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
          sockaddr_un address{};
          address.sun_family = AF_UNIX;
          (ground.open() / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
          [[maybe_unused]] const int bound =
              bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
          close(fd);
        },
    .inside =
        [](Inside& a) {
          for (const char* name : {"fifo", "directory", "device", "socket"})
            for (const char* command : {"cmd_read_text_file", "cmd_read_file"}) {
              const auto answer =
                  a.invoke(command, std::string("{\"path\":\"$APPDATA/open/") + name + "\"}");
              a.fact(std::string("read ") + name + " by " + command,
                     answer.ok ? "ok" : answer.text);
            }
          const auto answer = a.invoke(
              "cmd_copy_file", "{\"from\":\"$APPDATA/open/fifo\",\"to\":\"$APPDATA/open/copy\"}");
          a.fact("copy fifo", answer.ok ? "ok" : answer.text);
          a.fact("done", "yes");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "read ", {"denied", "not-found", "invalid-argument", "conflict"});
          verdict.facts(seen, "copy ", {"denied", "not-found", "invalid-argument", "conflict"});
          verdict.facts(seen, "done", {"yes"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
