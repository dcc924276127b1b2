// sallyport-cage: runs inside the renderer's cage between bubblewrap and the renderer, under the
// outer seccomp filter. Trusted, takes no argument and reads no input. Makes sure that nothing but
// the five descriptors came along, adds Landlock (bubblewrap cannot work under it) and the limits
// that are counted inside, then becomes the renderer.
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sandbox-policies/renderer-policy.h"

namespace {

namespace renderer = sallyport::sandbox::renderer;

constexpr int REFUSED =
    71;  // EX_OSERR: the cage is not as it must be; the renderer was not started

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "sallyport-cage: %s; the renderer was not started\n", why.c_str());
  std::exit(REFUSED);
}

void requireExactDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) refuse("cannot list the descriptors");
  std::vector<bool> seen(renderer::WAYLAND + 1, false);
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const std::string_view name(entry->d_name);
    int fd = -1;
    if (std::from_chars(name.begin(), name.end(), fd).ec != std::errc())
      refuse("a descriptor without a number");
    if (fd == dirfd(directory)) continue;
    if (fd > renderer::WAYLAND) refuse("descriptor " + std::to_string(fd) + " leaked in");
    seen[static_cast<std::size_t>(fd)] = true;
  }
  closedir(directory);
  for (std::size_t fd = 0; fd < seen.size(); ++fd) {
    if (!seen[fd]) refuse("descriptor " + std::to_string(fd) + " is missing");
  }
}

void setLimits() {
  for (const auto& limit : renderer::innerLimits()) {
    const auto resource = static_cast<__rlimit_resource_t>(limit.resource);
    rlimit now{};
    // One that is tighter already stays: raising it would need a right.
    bool set = getrlimit(resource, &now) == 0;
    const rlim_t value = std::min<rlim_t>(limit.value, now.rlim_max);
    const rlimit both{value, value};
    set = set && setrlimit(resource, &both) == 0;
    if (!set) {
      refuse(std::string("cannot set a limit: ") + std::strerror(errno));
    }
  }
}

}  // namespace

int main() {
  try {
    requireExactDescriptors();
    setLimits();
    // What the kernel's version leaves out is reported by the inspection; a failure is not.
    static_cast<void>(renderer::files().enforce());
  } catch (const std::exception& error) {
    refuse(error.what());
  }
  std::vector<std::string> variables;
  variables.reserve(renderer::ENVIRONMENT.size());
  for (const auto& [name, value] : renderer::ENVIRONMENT) {
    variables.push_back(std::string(name) + "=" + std::string(value));
  }
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string program(renderer::PROGRAM);
  char* const argv[] = {program.data(), nullptr};
  execve(program.c_str(), argv, environment.data());
  refuse(std::string("cannot start the renderer: ") + std::strerror(errno));
}
