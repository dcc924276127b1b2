#include "broker/net/public-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace sallyport::net {
namespace {

struct Range4 {
  std::uint32_t base;
  int bits;
};
// RFC 6890 and its successors; 192.88.99.0/24 was 6to4's.
constexpr std::array<Range4, 15> NOT_PUBLIC{{{0x00000000, 8},
                                             {0x0a000000, 8},
                                             {0x64400000, 10},
                                             {0x7f000000, 8},
                                             {0xa9fe0000, 16},
                                             {0xac100000, 12},
                                             {0xc0000000, 24},
                                             {0xc0000200, 24},
                                             {0xc0586300, 24},
                                             {0xc0a80000, 16},
                                             {0xc6120000, 15},
                                             {0xc6336400, 24},
                                             {0xcb007100, 24},
                                             {0xe0000000, 4},
                                             {0xf0000000, 4}}};

bool isPublic4(std::uint32_t address) {
  for (const auto& range : NOT_PUBLIC)
    if (((address ^ range.base) >> (32 - range.bits)) == 0) return false;
  return true;
}

// Only 2000::/3 is given out; of that, not what holds IPv4 (6to4, Teredo), documentation and
// protocol assignments.
bool isPublic6(const std::uint8_t* bytes) {
  const std::uint32_t first = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                              std::uint32_t{bytes[2]} << 8 | bytes[3];
  if ((first >> 29) != 1) return false;
  if ((first >> 16) == 0x2002) return false;            // 6to4
  if ((first >> 9) == (0x20010000 >> 9)) return false;  // 2001::/23, Teredo among it
  if (first == 0x20010db8) return false;                // documentation
  return (first >> 12) != (0x3fff0000 >> 12);           // documentation, RFC 9637
}

}  // namespace

bool isPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return isPublic4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return isPublic6(v6.sin6_addr.s6_addr);
}

bool isPublicAddress(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return isPublic4(ntohl(v4.s_addr));
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && isPublic6(v6.s6_addr);
}

}  // namespace sallyport::net
