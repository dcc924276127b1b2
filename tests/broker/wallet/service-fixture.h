// A WalletService over a vault and a server that the test plays, called as the dispatcher does.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "broker/commands/registry.h"
#include "broker/wallet/wallet-service.h"
#include "tests/broker/wallet/server-fake.h"
#include "tests/broker/wallet/vault-fake.h"

namespace sallyport::wallet {

namespace json = boost::json;
using commands::Code;
using commands::Reply;

inline std::vector<commands::Module> oneModule(WalletService& service) {
  std::vector<commands::Module> modules;
  modules.push_back(makeModule(service));
  return modules;
}

struct ServiceFixture {
  kj::EventLoop loop;
  kj::WaitScope waitScope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  VaultFake vault;
  ServerFake server;
  std::int64_t now = 1'800'000'000;
  std::uint64_t counter = 0;
  WalletService service{{vault.client(),
                         server.net(),
                         timer,
                         [this] { return now; },
                         [this](std::uint64_t bound) { return counter++ * 7919 % bound; },
                         Network::REGTEST,
                         SERVER_URL}};
  commands::Registry registry = commands::Registry::create(oneModule(service)).value();

  kj::Promise<Reply> start(std::string_view command,
                           std::string_view arguments = "{}",
                           std::string window = "main") {
    return registry.find(command)->run(
        {std::move(window), "app"}, json::parse(arguments).as_object(), {});
  }
  Reply call(std::string_view command, std::string_view arguments = "{}") {
    return start(command, arguments).wait(waitScope);
  }
  json::value value(std::string_view command, std::string_view arguments = "{}") {
    auto reply = call(command, arguments);
    REQUIRE_MESSAGE(reply.has_value(), (reply.has_error() ? reply.error().message : ""));
    return reply->value;
  }
  void refused(Code code,
               std::string_view sentence,
               std::string_view command,
               std::string_view arguments = "{}") {
    const auto reply = call(command, arguments);
    REQUIRE(reply.has_error());
    CHECK(codeName(reply.error().code) == codeName(code));
    CHECK_MESSAGE(reply.error().message.rfind(sentence, 0) == 0, reply.error().message);
  }

  void select() {
    value("cmd_select_wallet", R"({"id":"0123456789abcdef"})");
    poll();
  }
  // The next comparison with the server.
  void poll() {
    loop.run();
    timer.advanceTo(timer.now() + 3 * kj::SECONDS);
    loop.run();
  }
  void fund(std::int64_t satoshis) {
    server.node.pay(vault.keys.account().script({false, 0}), bitcoin::Amount::of(satoshis).value());
    server.node.mine(1, strangerScript(99));
    poll();
  }
  std::string pay(std::int64_t amount, std::string_view more = "") {
    return "{\"to\":\"" + strangerAddress() + "\",\"amount\":" + std::to_string(amount) +
           std::string(more) + "}";
  }
  std::string draft(std::int64_t amount) {
    return std::string(value("cmd_send_transaction", pay(amount, ",\"stage\":\"draft\""))
                           .at("draftId")
                           .as_string());
  }
  std::string commit(const std::string& draftId) {
    return R"({"stage":"commit","draftId":")" + draftId + "\"}";
  }
};

inline constexpr const char* CREATE =
    R"({"name":"savings","network":"regtest","scriptType":"p2wpkh","words":12})";

struct OpenFixture : ServiceFixture {
  OpenFixture() { select(); }
};

struct RichFixture : OpenFixture {
  RichFixture() { fund(1'000'000); }
};

}  // namespace sallyport::wallet
