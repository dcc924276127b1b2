#include "capabilities/utf8.h"

#include <cstddef>
#include <cstdint>

namespace sallyport::capabilities {

bool isUtf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    std::size_t more = 0;
    std::uint32_t code = first;
    std::uint32_t least = 0;
    if (first >= 0xf0 && first <= 0xf4) {
      more = 3, code = first & 0x07U, least = 0x10000;
    } else if (first >= 0xe0 && first < 0xf0) {
      more = 2, code = first & 0x0fU, least = 0x800;
    } else if (first >= 0xc0 && first < 0xe0) {
      more = 1, code = first & 0x1fU, least = 0x80;
    } else if (first >= 0x80) {
      return false;
    }
    if (i + more >= bytes.size()) {
      return false;
    }
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xc0U) != 0x80U) {
        return false;
      }
      code = (code << 6U) | (next & 0x3fU);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace sallyport::capabilities
