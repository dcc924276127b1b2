// Which addresses are the public internet's. Runs in net; asked for requests of pages, so that no
// name of theirs leads into the user's own network (DNS rebinding).
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace sallyport::net {

// False for what is not IPv4 or IPv6, and for loopback, private, link-local, shared, multicast,
// documentation, benchmark and reserved ranges (RFC 6890), also as IPv4 inside IPv6.
bool isPublicAddress(const sockaddr& address);
// As curl writes it: "203.0.113.7", "2001:db8::1".
bool isPublicAddress(std::string_view address);

}  // namespace sallyport::net
