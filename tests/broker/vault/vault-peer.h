// The broker's side of a vault, for tests: the Vault client on one socketpair, prompts on others.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <proto/vault.capnp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/vault/outcome.h"
#include "tests/broker/vault/prompt-fake.h"

namespace sallyport::vault {

inline std::pair<kj::AutoCloseFd, kj::AutoCloseFd> socketPair() {
  int fds[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  return {kj::AutoCloseFd(fds[0]), kj::AutoCloseFd(fds[1])};
}

class FdServer final : public proto::Fd::Server {
 public:
  explicit FdServer(kj::AutoCloseFd fd) : m_fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return m_fd.get(); }

 private:
  kj::AutoCloseFd m_fd;
};

// A prompt process on a socket, answered by a Person.
class PromptHost {
 public:
  PromptHost(kj::AsyncIoContext& io, kj::AutoCloseFd fd, Person& person)
      : m_stream(io.lowLevelProvider->wrapSocketFd(kj::mv(fd))),
        m_network(*m_stream, capnp::rpc::twoparty::Side::SERVER),
        m_rpc(capnp::makeRpcServer(m_network, kj::heap<PromptFake>(person))) {}

 private:
  kj::Own<kj::AsyncIoStream> m_stream;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;
};

struct WalletInfo {
  std::string id, name, path, xpub;
  bool backedUp = false;
};

class VaultPeer {
 public:
  VaultPeer(kj::AsyncIoContext& context, kj::AutoCloseFd fd)
      : io(context),
        m_stream(io.lowLevelProvider->wrapUnixSocketFd(kj::mv(fd))),
        m_network(*m_stream, 1, capnp::rpc::twoparty::Side::CLIENT),
        m_rpc(capnp::makeRpcClient(m_network)),
        vault(bootstrap()) {}

  proto::Fd::Client fdFor(Person& someone) {
    auto [ours, theirs] = socketPair();
    prompts.push_back(std::make_unique<PromptHost>(io, kj::mv(ours), someone));
    return kj::heap<FdServer>(kj::mv(theirs));
  }
  void attach(Person& someone) {
    auto request = vault.attachPromptRequest();
    request.setLink(fdFor(someone));
    request.send().wait(io.waitScope);
  }
  void attach() { attach(person); }

  Failure setPassphrase() {
    return vault.setPassphraseRequest().send().wait(io.waitScope).getResult().getFailure();
  }
  Failure unlock(std::uint32_t idle = 0) {
    auto request = vault.unlockRequest();
    request.setIdleSeconds(idle);
    return request.send().wait(io.waitScope).getResult().getFailure();
  }
  void lock() { vault.lockRequest().send().wait(io.waitScope); }
  capnp::Response<proto::Vault::StatusResults> status() {
    return vault.statusRequest().send().wait(io.waitScope);
  }
  bool locked() { return status().getStatus().getLocked(); }

  std::pair<WalletInfo, Failure> createWallet(kj::StringPtr name = "savings",
                                              unsigned words = 12,
                                              proto::Network network = proto::Network::REGTEST,
                                              proto::ScriptType type = proto::ScriptType::P2WPKH) {
    auto request = vault.createWalletRequest();
    request.setName(name);
    request.setNetwork(network);
    request.setScriptType(type);
    request.setWords(static_cast<std::uint8_t>(words));
    return read(request.send().wait(io.waitScope).getResult());
  }
  std::pair<WalletInfo, Failure> restoreSeed(Person* terminal,
                                             kj::StringPtr name = "restored",
                                             proto::Network network = proto::Network::REGTEST) {
    auto request = vault.restoreSeedRequest();
    request.setName(name);
    request.setNetwork(network);
    if (terminal != nullptr) request.setTerminal(fdFor(*terminal));
    return read(request.send().wait(io.waitScope).getResult());
  }
  Failure showSeed(const std::string& id, Person& terminal) {
    auto request = vault.showSeedRequest();
    request.setWalletId(id.c_str());
    request.setTerminal(fdFor(terminal));
    return request.send().wait(io.waitScope).getResult().getFailure();
  }
  std::vector<WalletInfo> wallets() {
    std::vector<WalletInfo> all;
    auto response = vault.walletsRequest().send().wait(io.waitScope);
    for (auto wallet : response.getWallets()) all.push_back(read(wallet));
    return all;
  }
  auto sign(const std::string& id, const std::vector<std::uint8_t>& psbt) {
    auto request = vault.signRequest();
    request.setWalletId(id.c_str());
    request.setPsbt({psbt.data(), psbt.size()});
    return request.send();
  }
  Failure put(const std::string& id,
              const std::vector<std::pair<std::string, std::string>>& records) {
    auto request = vault.putRecordsRequest();
    request.setWalletId(id.c_str());
    auto list = request.initRecords(static_cast<unsigned>(records.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setKey(records[i].first.c_str());
      const auto& value = records[i].second;
      list[i].setValue(kj::arrayPtr(value.data(), value.size()).asBytes());
    }
    return request.send().wait(io.waitScope).getResult().getFailure();
  }
  std::vector<std::pair<std::string, std::string>> get(const std::string& id,
                                                       kj::StringPtr prefix = "",
                                                       kj::StringPtr after = "",
                                                       std::uint16_t limit = 0) {
    auto request = vault.getRecordsRequest();
    request.setWalletId(id.c_str());
    request.setPrefix(prefix);
    request.setAfter(after);
    request.setLimit(limit);
    auto response = request.send().wait(io.waitScope);
    lastFailure = response.getFailure();
    std::vector<std::pair<std::string, std::string>> rows;
    for (auto record : response.getRecords()) {
      const auto value = record.getValue().asChars();
      rows.emplace_back(record.getKey().cStr(), std::string(value.begin(), value.end()));
    }
    return rows;
  }

  Person person;
  std::vector<std::unique_ptr<PromptHost>> prompts;
  Failure lastFailure = Failure::NONE;
  kj::AsyncIoContext& io;

 private:
  static WalletInfo read(proto::Wallet::Reader wallet) {
    return {wallet.getId().cStr(),
            wallet.getName().cStr(),
            wallet.getAccountPath().cStr(),
            wallet.getAccountXpub().cStr(),
            wallet.getBackedUp()};
  }
  static std::pair<WalletInfo, Failure> read(proto::WalletResult::Reader result) {
    if (result.isFailure()) return {WalletInfo{}, result.getFailure()};
    return {read(result.getWallet()), Failure::NONE};
  }
  proto::Vault::Client bootstrap() {
    capnp::MallocMessageBuilder message;
    auto vat = message.getRoot<capnp::rpc::twoparty::VatId>();
    vat.setSide(capnp::rpc::twoparty::Side::SERVER);
    return m_rpc.bootstrap(vat).castAs<proto::Vault>();
  }

  kj::Own<kj::AsyncCapabilityStream> m_stream;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;

 public:
  proto::Vault::Client vault;
};

}  // namespace sallyport::vault
