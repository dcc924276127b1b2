// A name as it stands in a policy file, with its place. Pure value type.
#pragma once

#include <string>

#include "capabilities/grants.h"

namespace sallyport::capabilities {

struct WrittenName {
  std::string text;
  Source at;
};

}  // namespace sallyport::capabilities
