// Sockets without a file, which a mount namespace does not hide: X11, D-Bus, the input method.
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered F3({
    .id = "F3",
    .title = "abstract sockets of X11, D-Bus and ibus, and the broker's own, by each descriptor",
    .safe = "EPERM",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          for (const std::string name : {"/tmp/.X11-unix/X0", "/tmp/dbus-session", "/run/ibus"})
            for (const int fd : {Inside::SESSION, Inside::WAYLAND}) {
              sockaddr_un address{};
              address.sun_family = AF_UNIX;
              std::memcpy(address.sun_path + 1, name.data(), name.size());
              const auto size =
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
              const int done = connect(fd, reinterpret_cast<sockaddr*>(&address), size);
              a.fact("connect " + name + " by " + std::to_string(fd),
                     done == 0 ? "ok" : strerrorname_np(errno));
            }
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.facts(seen, "connect ", {"EPERM"}); },
});

}  // namespace
}  // namespace sallyport::redteam
