#include "sandbox-policies/report.h"

#include <algorithm>

namespace sallyport::sandbox {

bool CageReport::holds() const {
  return !checks.empty() && std::none_of(checks.begin(), checks.end(), [](const CageCheck& check) {
    return check.state == CheckState::FAILED;
  });
}

}  // namespace sallyport::sandbox
