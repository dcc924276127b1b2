#include "broker/wallet/wallet-store.h"

#include <doctest/doctest.h>

#include "tests/broker/wallet/ledger-fixture.h"
#include "tests/broker/wallet/vault-fake.h"

namespace sallyport::wallet {
namespace {

using commands::Code;

struct StoreFixture : LedgerFixture {
  kj::EventLoop loop;
  kj::WaitScope waitScope{loop};
  VaultFake vault;
  WalletStore store{vault.client(), WALLET_ID};

  Result<StoredWallet> load() { return store.load().wait(waitScope); }
  Result<bool> save(const WalletStore::Change& change) {
    return store.save(change).wait(waitScope);
  }
  Result<bool> savePayments(std::size_t count) {
    WalletStore::Change change;
    for (std::size_t i = 0; i < count; ++i) receivePayment(1'000 + static_cast<int>(i), 990);
    for (const auto& [txid, known] : ledger.all()) change.put.push_back(&known);
    return save(change);
  }
};

TEST_CASE_FIXTURE(StoreFixture, "what was saved is loaded again, all of it") {
  const auto confirmed = receivePayment(50'000, 990);
  const auto pending = receivePayment(60'000, std::nullopt);
  ledger.edit(pending)->label = "rent \"May\" ☂";
  ledger.edit(pending)->firstSeen = 1'234;
  WalletStore::Change change;
  change.put = {ledger.find(confirmed), ledger.find(pending)};
  change.handOut = HandedOut{3, "shop"};
  change.nextChange = 17;
  REQUIRE(save(change).has_value());
  change = {};
  change.handOut = HandedOut{4, std::nullopt};
  REQUIRE(save(change).has_value());

  const auto stored = load();
  REQUIRE(stored.has_value());
  CHECK(stored->nextChange == 17);
  REQUIRE(stored->receive.size() == 2);
  CHECK(stored->receive[0].index == 3);
  CHECK(stored->receive[0].label == "shop");
  CHECK(stored->receive[1].index == 4);
  CHECK_FALSE(stored->receive[1].label.has_value());
  REQUIRE(stored->transactions.size() == 2);
  for (const auto& known : stored->transactions) {
    const auto* was = ledger.find(known.transaction.txid());
    REQUIRE(was != nullptr);
    CHECK(known.transaction == was->transaction);
    CHECK(known.placement == was->placement);
    CHECK(known.firstSeen == was->firstSeen);
    CHECK(known.label == was->label);
  }
}

TEST_CASE_FIXTURE(StoreFixture, "an empty wallet loads as one, and an empty change asks nothing") {
  CHECK(load()->transactions.empty());
  vault.calls.clear();
  CHECK(save({}).has_value());
  CHECK(vault.calls.empty());
}

TEST_CASE_FIXTURE(StoreFixture, "hundreds of rows are read over several pages") {
  REQUIRE(savePayments(250).has_value());
  vault.calls.clear();
  CHECK(load()->transactions.size() == 250);
  CHECK(vault.calls.size() == 3);  // 200, 50, none
}

TEST_CASE_FIXTURE(StoreFixture, "a reply that ends early is not taken for the last one") {
  vault.rowsInAReply = 7;  // as when rows are large and a reply may have 4 MiB
  REQUIRE(savePayments(30).has_value());
  CHECK(load()->transactions.size() == 30);
}

TEST_CASE_FIXTURE(StoreFixture, "an erased row is gone") {
  const auto txid = receivePayment(50'000, 990);
  WalletStore::Change change;
  change.put = {ledger.find(txid)};
  REQUIRE(save(change).has_value());
  change = {};
  change.erase = {txid};
  REQUIRE(save(change).has_value());
  CHECK(vault.rows.empty());
}

TEST_CASE_FIXTURE(StoreFixture, "a stranger's giant is left out, and what goes with it is saved") {
  std::vector<bitcoin::TxOut> outputs(1'200, out(1'000, strangerScript()));
  outputs.push_back(out(1'000, receive(0)));
  const auto giant = put(transaction({foreignCoin()}, outputs), 990);
  const auto small = receivePayment(50'000, 990);
  WalletStore::Change change;
  change.put = {ledger.find(giant), ledger.find(small)};
  REQUIRE(save(change).has_value());
  CHECK(load()->transactions.size() == 1);
}

TEST_CASE_FIXTURE(StoreFixture, "a vault that is locked or gone is said so") {
  vault.locked = true;
  CHECK(load().error().code == Code::LOCKED);
  CHECK(savePayments(1).error().code == Code::LOCKED);
  vault.locked = false;
  vault.storing = proto::Failure::STORAGE;
  CHECK(savePayments(1).error().code == Code::UNAVAILABLE);
  vault.dead = true;
  CHECK(load().error().code == Code::UNAVAILABLE);
  CHECK(savePayments(1).error().code == Code::UNAVAILABLE);
}

TEST_CASE("every failure of the vault has a code and a sentence of its own") {
  std::set<std::string> sentences;
  for (unsigned i = 1; i <= static_cast<unsigned>(proto::Failure::STORAGE); ++i) {
    const auto failure = static_cast<proto::Failure>(i);
    const auto error = describeFailure(failure);
    CHECK(sentences.insert(error.message).second);
    CHECK((error.code == Code::INTERNAL) == (failure == proto::Failure::MALFORMED));
  }
  CHECK(describeFailure(proto::Failure::LOCKED).code == Code::LOCKED);
  CHECK(describeFailure(proto::Failure::DECLINED).code == Code::DECLINED);
  CHECK(describeFailure(proto::Failure::BACKOFF).code == Code::RATE_LIMITED);
  CHECK(describeFailure(static_cast<proto::Failure>(999)).code == Code::INTERNAL);
}

}  // namespace
}  // namespace sallyport::wallet
