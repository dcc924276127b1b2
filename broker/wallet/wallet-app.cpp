// The wallet's options, and its service over what the broker gives. Runs in the broker.
#include "broker/wallet/wallet-app.h"

#include <kj/debug.h>
#include <sys/random.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/wallet/wallet-service.h"

namespace sallyport::wallet {
namespace {

// Uniform by rejection, so that no coin or change position is likelier than another.
std::uint64_t randomBelow(std::uint64_t bound) {
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    std::uint64_t value = 0;
    KJ_REQUIRE(getrandom(&value, sizeof(value), 0) == ssize_t(sizeof(value)), "getrandom");
    if (value < limit) return value % bound;
  }
}

Network networkOf(const std::string& name) {
  if (name == "mainnet") return Network::MAINNET;
  if (name == "testnet4") return Network::TESTNET4;
  if (name == "signet") return Network::SIGNET;
  return Network::REGTEST;
}

// Only the form: net reads URLs strictly, but it is asked long after the start.
bool isBaseUrl(const std::string& url) {
  const auto scheme = url.find("://");
  return (url.substr(0, scheme) == "http" || url.substr(0, scheme) == "https") &&
         scheme != std::string::npos && url.size() > scheme + 3 &&
         url.find_first_of(" \t\r\n?#@\\") == std::string::npos;
}

std::string checkBaseUrl(std::string& url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  if (url.empty() || isBaseUrl(url)) return {};
  return "`" + url + "` is no base URL. Fix: write it as https://host/path, without user and query";
}

class WalletApp final : public App {
 public:
  explicit WalletApp(const AppHost& host)
      : m_service({host.vault,
                   host.net,
                   host.timer,
                   [] { return static_cast<std::int64_t>(std::time(nullptr)); },
                   &randomBelow,
                   networkOf(host.options.at("network")),
                   host.options.at("esplora")}) {}

  std::vector<commands::Module> modules() override {
    std::vector<commands::Module> all;
    all.push_back(makeModule(m_service));
    return all;
  }

  kj::Promise<void> settled() override { return m_service.paymentsDone(); }

 private:
  WalletService m_service;
};

}  // namespace

AppDefinition appDefinition() {
  return {"wallet",
          {{"network", "Bitcoin network", "regtest", {"mainnet", "testnet4", "signet", "regtest"}},
           // Empty: none, and the wallet says that it is not synced.
           {"esplora", "Base URL of an Esplora REST server", "", {}, &checkBaseUrl}},
          [](const AppHost& host) { return std::make_unique<WalletApp>(host); }};
}

}  // namespace sallyport::wallet
