// Makes TCP connections to named hosts with libcurl's look-up, each on a thread of its own, and
// looks at every address before it is tried. Runs in net; the broker chose the host, its name
// server says where it is.
#pragma once

#include <kj/async.h>
#include <kj/io.h>

#include <cstdint>
#include <optional>
#include <string>

#include "proto/net.capnp.h"

namespace sallyport::net {

struct Target {
  std::string host;  // a name, an IPv4 address, or an IPv6 address in brackets
  std::uint16_t port = 0;
  proto::AddressRange addresses = proto::AddressRange::PUBLIC;
};

struct Connected {
  proto::ConnectOutcome outcome = proto::ConnectOutcome::UNREACHABLE;
  kj::AutoCloseFd socket;  // when CONNECTED; non-blocking
};

// At most connectMs. Dropping the promise gives up the answer; the thread ends by itself in time.
kj::Promise<Connected> connect(Target target);

}  // namespace sallyport::net
