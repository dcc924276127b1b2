// sallyport-net: the process with the network and nothing else. Descriptor 3 is the broker.
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <unistd.h>

#include <cstdio>

#include "broker/net/net-session.h"
#include "sandbox-policies/self-cage.h"

namespace {
constexpr int BROKER_FD = 3;
constexpr unsigned MAX_FDS = 1;  // of a message
}  // namespace

int main() {
  sallyport::sandbox::hardenProcess();
  sallyport::sandbox::requireDescriptors(1);
  // Before the first thread, so that all are inside.
  for (const auto& check : sallyport::sandbox::enterNetCage())
    if (check.state == sallyport::sandbox::CheckState::DEGRADED)
      std::fprintf(stderr, "degraded: %s: %s\n", check.name.c_str(), check.value.c_str());

  auto io = kj::setupAsyncIo();
  sallyport::net::Transfers transfers;
  auto stream = io.lowLevelProvider->wrapUnixSocketFd(kj::AutoCloseFd(BROKER_FD));
  capnp::TwoPartyVatNetwork network(*stream, MAX_FDS, capnp::rpc::twoparty::Side::SERVER);
  auto rpc = capnp::makeRpcServer(
      network, kj::heap<sallyport::net::NetSession>(transfers, *io.lowLevelProvider));
  network.onDisconnect().wait(io.waitScope);  // the broker ended: so does net
  return 0;
}
