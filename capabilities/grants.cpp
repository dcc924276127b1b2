// The decision: one bounds check and two bits. Runs in the broker, before any argument is looked
// at.
#include "capabilities/grants.h"

namespace sallyport::capabilities {

Decision decide(const Grants& grants, CommandId command) noexcept {
  const auto row = static_cast<std::size_t>(command);
  if (row >= grants.rows.size()) {
    return {Verdict::NOT_GRANTED, nullptr};
  }
  const Grant& grant = grants.rows[row];
  if (grant.denied) {
    return {Verdict::DENIED, &grant};
  }
  return {grant.allowed ? Verdict::ALLOWED : Verdict::NOT_GRANTED, &grant};
}

}  // namespace sallyport::capabilities
