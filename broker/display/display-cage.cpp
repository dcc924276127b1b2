#include "broker/display/display-cage.h"

#include <signal.h>

#include <cstdio>

#include "broker/display/bounded-log.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport::display {

void enterCage(const char* role, const std::vector<std::filesystem::path>& writable) {
  sandbox::hardenProcess();
  signal(SIGPIPE, SIG_IGN);
  boundLog();
  const auto checks = sandbox::enterDisplayCage({writable});
  for (const auto& check : checks) {
    if (check.state == sandbox::CheckState::OK) continue;
    std::fprintf(
        stderr, "%s: cage: %s is degraded: %s\n", role, check.name.c_str(), check.value.c_str());
  }
}

}  // namespace sallyport::display
