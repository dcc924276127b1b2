// Which addresses a connection may be made to, decided on the address itself when it is used. Runs
// in net; the addresses are what a stranger's name server says.
#pragma once

#include <sys/socket.h>

#include "proto/net.capnp.h"

namespace sallyport::net {

// Unknown families, link-local, multicast, reserved and documentation addresses are in no range,
// and no IPv6 address that stands for an IPv4 one.
bool isWithin(proto::AddressRange range, const sockaddr& address);

}  // namespace sallyport::net
