// The way of a signed payment: durable first, then sent; what happens when either fails.
#include <doctest/doctest.h>

#include "tests/broker/wallet/wallet-fixture.h"

namespace sallyport::wallet {
namespace {

using commands::Code;

struct FundedFixture : WalletFixture {
  FundedFixture() {
    fund(1'000'000);
    server.asked.clear();
  }
};

struct PublishFixture : FundedFixture {
  PreparedPayment payment = prepare(wish(200'000)).value();
  bitcoin::Transaction tx = sign(payment);
  bitcoin::Txid txid = tx.txid();

  kj::Promise<Result<bool>> publish() { return wallet->publish(tx, "rent", payment.change); }
  bool stored() const { return vault.rows.count("tx/" + txid.hex()) > 0; }
  std::size_t sent() const {
    std::size_t count = 0;
    for (const auto& asked : server.asked) count += asked.method == "POST";
    return count;
  }
};

TEST_CASE_FIXTURE(PublishFixture, "a payment is stored before it is sent") {
  bool sentBefore = true;
  vault.onStored = [&] { sentBefore = sent() > 0; };
  REQUIRE(publish().wait(waitScope).has_value());
  CHECK_FALSE(sentBefore);
  CHECK(sent() == 1);
  CHECK(stored());
  CHECK(server.node.mempool().find(txid) != nullptr);
  CHECK(wallet->balance().change == payment.summary.change);
  CHECK(wallet->history({})[0].label == "rent");
}

TEST_CASE_FIXTURE(PublishFixture, "what cannot be stored is not sent, and not remembered") {
  const std::pair<proto::Failure, Code> cases[] = {{proto::Failure::STORAGE, Code::UNAVAILABLE},
                                                   {proto::Failure::LIMIT, Code::LIMIT}};
  for (const auto& [failure, code] : cases) {
    vault.storing = failure;
    CHECK(publish().wait(waitScope).error().code == code);
    CHECK(sent() == 0);
    CHECK(wallet->ledger().find(txid) == nullptr);
    CHECK(stillSpendable(*wallet, payment));
  }
}

TEST_CASE_FIXTURE(PublishFixture, "its coins are spent from the moment it is being stored") {
  auto paf = kj::newPromiseAndFulfiller<void>();
  vault.holdStoring = kj::mv(paf.promise);
  auto publishing = publish();
  CHECK_FALSE(stillSpendable(*wallet, payment));
  paf.fulfiller->fulfill();
  REQUIRE(publishing.wait(waitScope).has_value());
}

TEST_CASE_FIXTURE(PublishFixture, "a comparison meanwhile does not send what is not stored yet") {
  auto paf = kj::newPromiseAndFulfiller<void>();
  vault.holdStoring = kj::mv(paf.promise);
  auto publishing = publish();
  REQUIRE_FALSE(publishing.poll(waitScope));
  vault.holdStoring = nullptr;
  mine();
  REQUIRE(sync().has_value());
  CHECK(sent() == 0);
  paf.fulfiller->fulfill();
  REQUIRE(publishing.wait(waitScope).has_value());
  CHECK(sent() == 1);
}

TEST_CASE_FIXTURE(PublishFixture, "a payment that the network refuses is taken back") {
  server.lie("/tx", "", "sendrawtransaction RPC error", 400);
  const auto refused = publish().wait(waitScope);
  CHECK(refused.error().code == Code::CONFLICT);
  CHECK_FALSE(stored());
  CHECK(wallet->ledger().find(txid) == nullptr);
  CHECK(stillSpendable(*wallet, payment));
  restart();
  CHECK(wallet->ledger().find(txid) == nullptr);
}

TEST_CASE_FIXTURE(PublishFixture, "taking back is made up for when the vault could not store it") {
  server.lie("/tx", "", "refused", 400);
  vault.onStored = [&] { vault.locked = true; };
  CHECK(publish().wait(waitScope).error().code == Code::CONFLICT);
  CHECK(stored());
  vault.onStored = nullptr;
  vault.locked = false;
  server.instead = nullptr;
  REQUIRE(sync().has_value());
  CHECK_FALSE(stored());
  CHECK(server.node.mempool().find(txid) == nullptr);
}

TEST_CASE_FIXTURE(PublishFixture,
                  "what a dying vault may have stored is not sent by a later start") {
  vault.onStored = [] { kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "died")); };
  CHECK(publish().wait(waitScope).error().code == Code::UNAVAILABLE);
  CHECK(stored());
  vault.onStored = nullptr;
  REQUIRE(sync().has_value());
  CHECK_FALSE(stored());
  restart();
  REQUIRE(sync().has_value());
  CHECK(sent() == 0);
}

TEST_CASE_FIXTURE(PublishFixture, "after a lost answer the payment is kept, and offered again") {
  for (const unsigned status : {0U, 502U, 429U}) {
    if (status == 0)
      server.down = true;
    else
      server.lie("/tx", "", "", status);
    CHECK(publish().wait(waitScope).has_value());
    CHECK(stored());
    CHECK(wallet->ledger().stateOf(txid) == TxState::PENDING);
    server.down = false;
    server.instead = nullptr;
  }
  CHECK(server.node.mempool().find(txid) == nullptr);
  restart();  // also by the next start
  REQUIRE(sync().has_value());
  CHECK(server.node.mempool().find(txid) != nullptr);
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->ledger().stateOf(txid) == TxState::CONFIRMED);
  CHECK(wallet->history({})[0].label == "rent");
}

TEST_CASE_FIXTURE(PublishFixture, "a change key is never used twice, also after a restart") {
  REQUIRE(publish().wait(waitScope).has_value());
  CHECK(*payment.change == KeyPath{true, 0});
  CHECK(wallet->nextChangePath() == KeyPath{true, 1});
  restart();
  CHECK(wallet->nextChangePath() == KeyPath{true, 1});
}

TEST_CASE_FIXTURE(PublishFixture, "a change key is not used again when the payment was refused") {
  server.lie("/tx", "", "refused", 400);
  CHECK(publish().wait(waitScope).has_error());
  CHECK(wallet->nextChangePath() == KeyPath{true, 1});
  restart();
  CHECK(wallet->nextChangePath() == KeyPath{true, 1});
}

TEST_CASE_FIXTURE(WalletFixture,
                  "addresses are handed out once each, stored before they are shown") {
  bool stored = false;
  vault.onStored = [&] { stored = true; };
  const auto first = wallet->handOut("shop").wait(waitScope);
  REQUIRE(first.has_value());
  CHECK(stored);
  CHECK(first->index == 0);
  CHECK(first->path == "m/84'/1'/0'/0/0");
  CHECK(first->label == "shop");
  CHECK_FALSE(first->used);
  auto second = wallet->handOut(std::nullopt);
  auto third = wallet->handOut(std::nullopt);  // both in flight
  CHECK(second.wait(waitScope)->index == 1);
  CHECK(third.wait(waitScope)->index == 2);
  restart();
  CHECK(wallet->handOut(std::nullopt).wait(waitScope)->index == 3);
  CHECK(wallet->addresses().size() == 4);
  CHECK(wallet->addresses()[0].label == "shop");
}

TEST_CASE_FIXTURE(WalletFixture,
                  "an address that could not be stored is not shown, and not skipped") {
  vault.locked = true;
  CHECK(wallet->handOut("x").wait(waitScope).error().code == Code::LOCKED);
  vault.locked = false;
  CHECK(wallet->handOut(std::nullopt).wait(waitScope)->index == 0);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "an address that was paid before it was handed out is passed over") {
  fund(50'000, 4);
  CHECK(wallet->handOut(std::nullopt).wait(waitScope)->index == 5);
  const auto list = wallet->addresses();
  REQUIRE(list.size() == 2);
  CHECK(list[0].used);
  CHECK(list[0].balance == 50'000);
  CHECK(wallet->balanceOf(list[0].address) == 50'000);
  CHECK(wallet->balanceOf(list[1].address) == 0);
  CHECK_FALSE(wallet->balanceOf(strangerAddress()).has_value());
  CHECK_FALSE(wallet->balanceOf("nonsense").has_value());
}

}  // namespace
}  // namespace sallyport::wallet
