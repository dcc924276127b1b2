#include "broker/vault/outcome.h"

#include <stdexcept>

namespace sallyport::proto {
void throw_exception_from_error(Failure, const boost::source_location&) {
  throw std::logic_error("the value of a failed outcome was asked for");
}
}  // namespace sallyport::proto
