// A whole wallet over a vault and a server in the same process, and a loop that turns by hand.
#pragma once

#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <memory>
#include <random>

#include "broker/wallet/payment.h"
#include "broker/wallet/wallet.h"
#include "tests/broker/wallet/server-fake.h"
#include "tests/broker/wallet/vault-fake.h"

namespace sallyport::wallet {

struct WalletFixture {
  kj::EventLoop loop;
  kj::WaitScope waitScope{loop};
  VaultFake vault;
  ServerFake server;
  std::function<proto::Net::Client()> reach = server.net();
  Esplora esplora{[this] { return reach(); }, SERVER_URL, Network::REGTEST};
  std::int64_t now = 1'800'000'000;
  std::mt19937_64 generator{7};
  RandomSource random = [this](std::uint64_t bound) { return generator() % bound; };
  std::unique_ptr<Wallet> wallet = make();

  std::unique_ptr<Wallet> make() {
    return std::make_unique<Wallet>(WalletDescription{WALLET_ID,
                                                      "savings",
                                                      Network::REGTEST,
                                                      ScriptType::P2WPKH,
                                                      FINGERPRINT,
                                                      ACCOUNT_PATH,
                                                      vault.keys.xpub(),
                                                      true},
                                    vault.keys.account(),
                                    esplora,
                                    WalletStore(vault.client(), WALLET_ID),
                                    [this] { return now; });
  }

  // As after a restart of the broker: what is not in the vault is forgotten.
  void restart() {
    wallet = make();
    REQUIRE(wallet->load().wait(waitScope).has_value());
  }

  Result<bool> sync() { return wallet->sync().wait(waitScope); }

  bitcoin::Bytes receive(std::uint32_t index) { return wallet->account().script({false, index}); }

  bitcoin::Txid pay(std::uint32_t index, std::int64_t satoshis) {
    const auto payout = server.node.pay(receive(index), bitcoin::Amount::of(satoshis).value());
    REQUIRE_FALSE(payout.refusal.has_value());
    return payout.txid;
  }

  void mine(std::uint32_t blocks = 1) { server.node.mine(blocks, strangerScript(99)); }

  // A wallet that holds this, confirmed, and knows it.
  void fund(std::int64_t satoshis, std::uint32_t index = 0) {
    pay(index, satoshis);
    mine();
    REQUIRE(sync().has_value());
  }

  static SendTransaction wish(std::int64_t amount) {
    SendTransaction wish;
    wish.to = strangerAddress();
    wish.amount = amount;
    return wish;
  }

  Result<PreparedPayment> prepare(const SendTransaction& wish, FeeEstimates fees = {10, 5, 1}) {
    return preparePayment(*wallet, wish, fees, random);
  }

  bitcoin::Transaction sign(const PreparedPayment& payment) {
    return vault.keys.sign(toPsbt(*wallet, payment).value());
  }
};

}  // namespace sallyport::wallet
