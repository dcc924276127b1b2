// Runs in the broker.
#include "broker/session/incident.h"

#include <kj/debug.h>
#include <sys/random.h>

#include <array>

namespace sallyport::session {

std::string newIncident() {
  std::array<unsigned char, 8> random{};
  KJ_ASSERT(getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  std::string id;
  for (const unsigned char byte : random) {
    id += "0123456789abcdef"[byte >> 4];
    id += "0123456789abcdef"[byte & 0xf];
  }
  return id;
}

std::string describe(const kj::Exception& exception) { return kj::str(exception).cStr(); }

}  // namespace sallyport::session
