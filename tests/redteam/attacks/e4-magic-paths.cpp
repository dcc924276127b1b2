// Paths that the kernel makes up: descriptors and processes.
#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E4({
    .id = "E4",
    .title = "/proc/self/fd, /dev/fd, /proc/self/environ, /proc/self/cwd, by path and by link",
    .safe = "refused",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"scope", "no-links", "made-up-files"},
    .prepare =
        [](const Ground& ground) {
          fs::create_symlink("/proc/self/fd", ground.open() / "descriptors");
          fs::create_symlink("/proc/self/environ", ground.open() / "environment");
        },
    .inside =
        [](Inside& a) {
          for (const char* path : {"/proc/self/fd/3",
                                   "/dev/fd/3",
                                   "/proc/self/environ",
                                   "/proc/self/root/etc/passwd",
                                   "/proc/self/cwd/x",
                                   "/proc/1/environ",
                                   "$APPDATA/open/descriptors/3",
                                   "$APPDATA/open/descriptors",
                                   "$APPDATA/open/environment"})
            for (const char* command : {"cmd_read_file", "cmd_read_folder"}) {
              const auto answer = a.invoke(command, std::string("{\"path\":\"") + path + "\"}");
              a.fact(std::string(command) + " " + path, answer.ok ? "ok" : answer.text);
            }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "cmd_", {"denied", "not-found", "invalid-argument"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
