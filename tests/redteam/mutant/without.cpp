// See the header.
#include "tests/redteam/mutant/without.h"

#include <cstdlib>
#include <string>

namespace sallyport::redteam {

bool without(std::string_view defence) {
  static const std::string list = [] {
    const char* names = std::getenv("SALLYPORT_REDTEAM_WITHOUT");
    return "," + std::string(names == nullptr ? "" : names) + ",";
  }();
  return list.find("," + std::string(defence) + ",") != std::string::npos;
}

}  // namespace sallyport::redteam
