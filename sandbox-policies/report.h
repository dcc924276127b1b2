// What was read from outside about a process's cage, line by line. Value types only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sallyport::sandbox {

enum class CheckState { OK, DEGRADED, FAILED };

struct CageCheck {
  std::string
      name;  // "NoNewPrivs", "Seccomp filters", "net namespace", "descriptors", "environment", …
  std::string value;  // as read
  CheckState state;
};

struct CageReport {
  pid_t pid = 0;  // the process the checks speak of (for the renderer: the one behind bubblewrap)
  std::vector<CageCheck> checks;
  // A cage holds when no check FAILED. A window whose cage does not hold gets no session (rule 5).
  bool holds() const;
};

}  // namespace sallyport::sandbox
