// Which addresses count as what, by the registries; none hides an IPv4 address inside IPv6.
#include "broker/net/address-range.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace sallyport::net {
namespace {

sockaddr_storage parsed(const std::string& text) {
  sockaddr_storage storage{};
  sockaddr_in plain{};
  sockaddr_in6 wide{};
  if (::inet_pton(AF_INET, text.c_str(), &plain.sin_addr) == 1) {
    plain.sin_family = AF_INET;
    std::memcpy(&storage, &plain, sizeof plain);
  } else {
    REQUIRE(::inet_pton(AF_INET6, text.c_str(), &wide.sin6_addr) == 1);
    wide.sin6_family = AF_INET6;
    std::memcpy(&storage, &wide, sizeof wide);
  }
  return storage;
}

// "public", "private", "loopback" or "never": the narrowest range that holds it, all wider ones
// too.
std::string rangeOf(const std::string& text) {
  const auto storage = parsed(text);
  const auto& address = reinterpret_cast<const sockaddr&>(storage);
  const bool isPublic = isWithin(proto::AddressRange::PUBLIC, address);
  const bool isPrivate = isWithin(proto::AddressRange::PRIVATE, address);
  const bool isLoopback = isWithin(proto::AddressRange::LOOPBACK, address);
  CHECK((!isPublic || isPrivate));
  CHECK((!isPrivate || isLoopback));
  return isPublic ? "public" : isPrivate ? "private" : isLoopback ? "loopback" : "never";
}

}  // namespace

TEST_CASE("an address is public, private, of this machine, or of no use to a page") {
  for (const auto& [range, addresses] : std::map<std::string, std::vector<std::string>>{
           {"public",
            {"1.1.1.1",
             "9.255.255.255",
             "11.0.0.0",
             "100.63.255.255",
             "100.128.0.0",
             "126.255.255.255",
             "128.0.0.0",
             "169.253.255.255",
             "169.255.0.0",
             "172.15.255.255",
             "172.32.0.0",
             "192.167.255.255",
             "192.169.0.0",
             "198.17.255.255",
             "198.20.0.0",
             "223.255.255.255",
             "2606:4700::1",
             "2001:200::1"}},
           {"private",
            {"10.0.0.0",
             "10.255.255.255",
             "100.64.0.1",
             "100.127.255.255",
             "172.16.0.1",
             "172.31.255.255",
             "192.168.0.1",
             "192.168.255.255",
             "fc00::1",
             "fdff::1"}},
           {"loopback", {"127.0.0.1", "127.255.255.254", "::1"}},
           {"never",
            {"0.0.0.0",
             "0.1.2.3",
             "169.254.169.254",
             "169.254.0.1",
             "192.0.0.1",
             "192.0.2.1",
             "192.88.99.1",
             "198.18.0.1",
             "198.19.255.255",
             "198.51.100.1",
             "203.0.113.1",
             "224.0.0.1",
             "239.255.255.255",
             "240.0.0.1",
             "255.255.255.255",
             "::",
             "::2",
             "::7f00:1",
             "fe80::1",
             "fec0::1",
             "ff02::1",
             "2001::1",
             "2001:1ff::1",
             "2001:db8::1",
             "2002:7f00:1::",
             "3fff::1",
             "4000::1",
             "100::1",
             "64:ff9b::127.0.0.1",
             "64:ff9b::10.0.0.1",
             "64:ff9b:1::1",
             "::ffff:0.0.0.0",
             "::ffff:1.1.1.1",
             "64:ff9b::1.1.1.1",
             "::ffff:10.0.0.1",
             "::ffff:127.0.0.1",
             "::ffff:169.254.169.254"}}}) {
    for (const std::string& address : addresses) {
      CAPTURE(address);
      CHECK(rangeOf(address) == range);
    }
  }
}

TEST_CASE("an address of another family is in no range") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(isWithin(proto::AddressRange::LOOPBACK, reinterpret_cast<const sockaddr&>(local)));
}

}  // namespace sallyport::net
