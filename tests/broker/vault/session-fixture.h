// A VaultSession in the test's own process, with the broker's side of it on a socket.
#pragma once

#include <memory>

#include "broker/vault/vault-session.h"
#include "tests/broker/vault/fixtures.h"
#include "tests/broker/vault/vault-peer.h"

namespace sallyport::vault {

inline constexpr const char* PASSPHRASE = "correct horse battery staple";

// BIP84's own mnemonic and its first addresses.
inline const std::vector<std::string> ABANDON = {"abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "abandon",
                                                 "about"};

// The session in this process, the peer on the other end of a socket.
struct SessionFixture {
  SessionFixture() {
    initCrypto();
    dir = std::make_unique<StateDir>(folder.path());
    lockbox = std::make_unique<Lockbox>(*dir, clock, cheapKdf());
    ceremonies = std::make_unique<Ceremonies>(*lockbox, clock, timer);
    auto [server, client] = socketPair();
    stream = io.lowLevelProvider->wrapUnixSocketFd(kj::mv(server));
    network =
        std::make_unique<capnp::TwoPartyVatNetwork>(*stream, 1, capnp::rpc::twoparty::Side::SERVER);
    rpc = std::make_unique<capnp::RpcSystem<capnp::rpc::twoparty::VatId>>(capnp::makeRpcServer(
        *network, kj::heap<VaultSession>(*lockbox, *ceremonies, *io.lowLevelProvider)));
    peer = std::make_unique<VaultPeer>(io, kj::mv(client));
  }

  // A vault with a passphrase, a prompt and one wallet that is backed up.
  std::string ready() {
    peer->attach();
    peer->person.newPassphrases = {PASSPHRASE};
    return peer->createWallet().first.id;
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  TempDir folder;
  FakeClock clock;
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  std::unique_ptr<StateDir> dir;
  std::unique_ptr<Lockbox> lockbox;
  std::unique_ptr<Ceremonies> ceremonies;
  kj::Own<kj::AsyncCapabilityStream> stream;
  std::unique_ptr<capnp::TwoPartyVatNetwork> network;
  std::unique_ptr<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc;
  std::unique_ptr<VaultPeer> peer;
};

}  // namespace sallyport::vault
