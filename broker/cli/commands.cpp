#include "broker/cli/commands.h"

#include <algorithm>
#include <boost/json.hpp>

#include "broker/cli/terminal-prompt.h"
#include "broker/cli/terminal.h"
#include "broker/daemon/descriptor.h"

namespace sallyport::cli {
namespace {

namespace json = boost::json;

std::string text(capnp::Text::Reader reader) { return {reader.begin(), reader.size()}; }

std::string column(std::string value, std::size_t width) {
  value.resize(std::max(value.size() + 1, width), ' ');
  return value;
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

// The CLI's half of a conversation between the vault and this terminal, alive for as long as the
// object.
class TerminalConversation {
 public:
  explicit TerminalConversation(kj::AsyncIoContext& io)
      : m_pair(daemon::makeSocketPair()),
        m_stream(
            io.lowLevelProvider->wrapSocketFd(kj::mv(m_pair.ours),
                                              kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                                  kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK)),
        m_network(*m_stream, capnp::rpc::twoparty::Side::SERVER),
        m_rpc(capnp::makeRpcServer(m_network, kj::heap<TerminalPrompt>())) {}

  proto::Fd::Client vaultsEnd() { return kj::heap<daemon::FdCarrier>(kj::mv(m_pair.theirs)); }

 private:
  daemon::SocketPair m_pair;
  kj::Own<kj::AsyncIoStream> m_stream;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;
};

bool refusedWithoutTerminal() {
  if (isTerminal()) return false;
  say("sallyport: a seed is only shown or typed on a terminal, not through a pipe or a file\n");
  return true;
}

int failed(const std::string& failure) {
  say("sallyport: the vault refused: " + failure + "\n");
  return 1;
}

}  // namespace

int status(kj::AsyncIoContext& io, daemon::AdminLink& link, bool asJson) {
  const std::string answer = text(link.admin().statusRequest().send().wait(io.waitScope).getJson());
  if (asJson) {
    say(answer + "\n");
    return 0;
  }
  const json::value parsed = json::parse(answer);
  for (const auto& [name, value] : parsed.as_object()) {
    if (value.is_array()) {
      say(std::string(name) + "\n");
      for (const auto& row : value.as_array()) {
        std::string line = "  ";
        for (const auto& [key, cell] : row.as_object())
          line += column(std::string(key) + " " + plain(cell), 20);
        say(line + "\n");
      }
    } else if (value.is_object()) {
      say(std::string(name) + "\n");
      for (const auto& [key, cell] : value.as_object())
        say("  " + column(std::string(key), 20) + plain(cell) + "\n");
    } else {
      say(column(std::string(name), 16) + plain(value) + "\n");
    }
  }
  return 0;
}

int doctor(kj::AsyncIoContext& io, daemon::AdminLink& link) {
  const auto answer = link.admin().doctorRequest().send().wait(io.waitScope);
  int worst = 0;
  for (auto check : answer.getChecks()) {
    std::string mark = "ok       ";
    if (check.getState() == proto::Check::State::DEGRADED) {
      mark = "degraded ";
      worst = std::max(worst, 1);
    } else if (check.getState() == proto::Check::State::FAILED) {
      mark = "FAILED   ";
      worst = 2;
    }
    say(mark + column(text(check.getSubject()), 16) + column(text(check.getName()), 24) +
        text(check.getValue()) + "\n");
  }
  return worst;
}

int listWallets(kj::AsyncIoContext& io, daemon::AdminLink& link) {
  const auto answer = link.admin().walletsRequest().send().wait(io.waitScope);
  if (answer.getFailure().size() > 0) return failed(text(answer.getFailure()));
  for (auto wallet : answer.getWallets())
    say(column(text(wallet.getId()), 18) + column(text(wallet.getNetwork()), 10) +
        (wallet.getBackedUp() ? "backed up      " : "NOT backed up  ") + text(wallet.getName()) +
        "\n");
  return 0;
}

int showSeed(kj::AsyncIoContext& io, daemon::AdminLink& link, const std::string& walletId) {
  if (refusedWithoutTerminal()) return 2;
  TerminalConversation conversation(io);
  auto request = link.admin().showSeedRequest();
  request.setWalletId(walletId.c_str());
  request.setTerminal(conversation.vaultsEnd());
  const auto failure = text(request.send().wait(io.waitScope).getFailure());
  if (!failure.empty()) return failed(failure);
  say("The seed is backed up.\n");
  return 0;
}

int restoreSeed(kj::AsyncIoContext& io,
                daemon::AdminLink& link,
                const std::string& name,
                const std::string& network) {
  if (refusedWithoutTerminal()) return 2;
  TerminalConversation conversation(io);
  auto request = link.admin().restoreSeedRequest();
  request.setName(name.c_str());
  request.setNetwork(network.c_str());
  request.setTerminal(conversation.vaultsEnd());
  const auto answer = request.send().wait(io.waitScope);
  if (answer.getFailure().size() > 0) return failed(text(answer.getFailure()));
  say("Restored as " + text(answer.getWalletId()) + "\n");
  return 0;
}

int shutdown(kj::AsyncIoContext& io, daemon::AdminLink& link) {
  link.admin().shutdownRequest().send().wait(io.waitScope);
  return 0;
}

}  // namespace sallyport::cli
