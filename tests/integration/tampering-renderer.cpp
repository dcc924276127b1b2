// Runs in the renderer's place and cage. Changes its own environment block, which is the one fact
// of its cage that a process can change, and then attaches as a renderer does.
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "proto/session.capnp.h"

namespace {

using namespace sallyport;

class Control final : public proto::RendererControl::Server {};

}  // namespace

int main() {
  char* first = environ[0];
  std::memcpy(first, "EVIL", 4);
  auto io = kj::setupAsyncIo();
  auto stream = io.lowLevelProvider->wrapSocketFd(3);
  capnp::TwoPartyClient client(*stream);
  auto request = client.bootstrap().castAs<proto::Session>().attachRequest();
  request.setControl(kj::heap<Control>());
  request.setProtocol(proto::PROTOCOL_VERSION);
  request.setEngine("hostile");
  auto outcome = request.send().then([](auto&&) { return "granted"; },
                                     [](kj::Exception&&) { return "refused"; });
  std::cerr << "hostile: the session: " << outcome.wait(io.waitScope) << std::endl;
  for (;;) pause();
}
