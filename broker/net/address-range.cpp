// What is not public of RFC 6890's ranges, and still somebody's: an organisation's, or this
// machine's.
#include "broker/net/address-range.h"

#include <netinet/in.h>

#include <cstdint>
#include <cstring>

#include "broker/net/public-address.h"

namespace sallyport::net {
namespace {

bool isPrivate4(std::uint32_t address) {
  return address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8 ||
         address >> 22 == 0x64400000U >> 22;  // 100.64.0.0/10, shared
}

bool isLoopback4(std::uint32_t address) { return address >> 24 == 127; }

}  // namespace

bool isWithin(proto::AddressRange range, const sockaddr& address) {
  if (range > proto::AddressRange::LOOPBACK)
    return false;  // a number that the schema does not have
  if (isPublicAddress(address)) return true;
  bool isPrivate = false;
  bool isLoopback = false;
  if (address.sa_family == AF_INET) {
    sockaddr_in plain{};
    std::memcpy(&plain, &address, sizeof plain);
    isPrivate = isPrivate4(ntohl(plain.sin_addr.s_addr));
    isLoopback = isLoopback4(ntohl(plain.sin_addr.s_addr));
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 plain{};
    std::memcpy(&plain, &address, sizeof plain);
    isPrivate = (plain.sin6_addr.s6_addr[0] & 0xfeU) == 0xfc;  // fc00::/7
    isLoopback = IN6_IS_ADDR_LOOPBACK(&plain.sin6_addr) != 0;
  }
  return (isPrivate && range >= proto::AddressRange::PRIVATE) ||
         (isLoopback && range >= proto::AddressRange::LOOPBACK);
}

}  // namespace sallyport::net
