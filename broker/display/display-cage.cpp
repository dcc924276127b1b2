#include "broker/display/display-cage.h"

#include <signal.h>

#include <cstdio>

#include "broker/display/bounded-log.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport::display {

namespace {

void beforeCage() {
  sandbox::hardenProcess();
  signal(SIGPIPE, SIG_IGN);
  boundLog();
}

void report(const char* role, const std::vector<sandbox::CageCheck>& checks) {
  for (const auto& check : checks) {
    if (check.state == sandbox::CheckState::OK) continue;
    std::fprintf(
        stderr, "%s: cage: %s is degraded: %s\n", role, check.name.c_str(), check.value.c_str());
  }
}

}  // namespace

void enterCage(const char* role, const std::vector<std::filesystem::path>& writable) {
  beforeCage();
  report(role, sandbox::enterDisplayCage({writable}));
}

void enterChooserCage() {
  beforeCage();
  report("chooser", sandbox::enterChooserCage());
}

}  // namespace sallyport::display
