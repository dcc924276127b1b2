#include <doctest/doctest.h>

#include "tests/broker/wallet/ledger-fixture.h"

namespace sallyport::wallet {
namespace {

TEST_CASE_FIXTURE(LedgerFixture, "a confirmed payment to us is a balance and a coin to spend") {
  const auto txid = receivePayment(50'000, 998, 3);
  CHECK(ledger.balance(height).confirmed == 50'000);
  const auto coins = ledger.spendable(height);
  REQUIRE(coins.size() == 1);
  CHECK(coins[0].outpoint == bitcoin::OutPoint{txid, 0});
  CHECK(coins[0].value == 50'000);
  CHECK(coins[0].path == KeyPath{false, 3});
  CHECK(coins[0].script == receive(3));
  CHECK(coins[0].confirmations == 3);
  CHECK_FALSE(coins[0].coinbase);
  CHECK(ledger.balances(height) == std::map<KeyPath, std::int64_t>{{{false, 3}, 50'000}});
  CHECK(ledger.stateOf(txid) == TxState::CONFIRMED);
}

TEST_CASE_FIXTURE(LedgerFixture, "an unconfirmed payment from others never counts as received") {
  const auto txid = receivePayment(50'000, std::nullopt);
  const auto balance = ledger.balance(height);
  CHECK(balance.incoming == 50'000);
  CHECK(balance.confirmed == 0);
  CHECK(balance.change == 0);
  CHECK(ledger.spendable(height).empty());
  CHECK(ledger.balances(height).empty());
  CHECK(ledger.stateOf(txid) == TxState::PENDING);
}

TEST_CASE_FIXTURE(LedgerFixture, "a block that is above the tip we know confirms nothing yet") {
  receivePayment(50'000, height + 1);
  CHECK(ledger.balance(height).confirmed == 0);
  CHECK(ledger.spendable(height).empty());
  CHECK(history()[0].confirmations == 0);
}

TEST_CASE_FIXTURE(LedgerFixture, "our own unconfirmed change may be spent, and is named so") {
  const auto funding = receivePayment(50'000, 990);
  put(transaction({{funding, 0}}, {out(20'000, strangerScript()), out(29'000, change(0))}),
      std::nullopt);
  const auto balance = ledger.balance(height);
  CHECK(balance.confirmed == 0);
  CHECK(balance.change == 29'000);
  CHECK(balance.incoming == 0);
  const auto coins = ledger.spendable(height);
  REQUIRE(coins.size() == 1);
  CHECK(coins[0].ownChange);
  CHECK(coins[0].path == KeyPath{true, 0});
}

TEST_CASE_FIXTURE(LedgerFixture, "change next to a stranger's input is not ours before a block") {
  const auto funding = receivePayment(50'000, 990);
  put(transaction({{funding, 0}, foreignCoin()}, {out(60'000, change(0))}), std::nullopt);
  CHECK(ledger.balance(height).incoming == 60'000);
  CHECK(ledger.balance(height).change == 0);
  CHECK(ledger.spendable(height).empty());
}

TEST_CASE_FIXTURE(LedgerFixture, "mined coins are immature for a hundred blocks") {
  put(coinbase(5'000'000'000), height - COINBASE_MATURITY + 2);
  CHECK(ledger.balance(height).immature == 5'000'000'000);
  CHECK(ledger.balance(height).confirmed == 0);
  CHECK(ledger.spendable(height).empty());
  CHECK(ledger.balance(height + 1).immature == 0);
  CHECK(ledger.balance(height + 1).confirmed == 5'000'000'000);
  CHECK(ledger.spendable(height + 1).size() == 1);
}

TEST_CASE_FIXTURE(LedgerFixture, "a confirmed transaction beats an unconfirmed rival") {
  const auto funding = receivePayment(50'000, 990);
  const auto losing = put(transaction({{funding, 0}}, {out(49'000, change(0))}), std::nullopt, 200);
  put(transaction({{funding, 0}}, {out(48'000, change(1))}), 999, 100);
  CHECK(ledger.stateOf(losing) == TxState::REPLACED);
  CHECK(ledger.balance(height).confirmed == 48'000);
  CHECK(ledger.balance(height).change == 0);
}

TEST_CASE_FIXTURE(LedgerFixture, "of two unconfirmed rivals the replacement counts") {
  const auto funding = receivePayment(50'000, 990);
  const auto first = put(transaction({{funding, 0}}, {out(49'000, change(0))}), std::nullopt, 100);
  const auto bumped = put(transaction({{funding, 0}}, {out(48'000, change(0))}), std::nullopt, 101);
  CHECK(ledger.stateOf(first) == TxState::REPLACED);
  CHECK(ledger.stateOf(bumped) == TxState::PENDING);
  CHECK(ledger.balance(height).change == 48'000);
  // What the server still names is what will confirm, whatever was seen first.
  ledger.edit(bumped)->listed = false;
  CHECK(ledger.stateOf(first) == TxState::PENDING);
  CHECK(ledger.stateOf(bumped) == TxState::REPLACED);
}

TEST_CASE_FIXTURE(LedgerFixture, "rivals of the same second leave exactly one") {
  const auto funding = receivePayment(50'000, 990);
  const auto a = put(transaction({{funding, 0}}, {out(49'000, change(0))}), std::nullopt, 100);
  const auto b = put(transaction({{funding, 0}}, {out(48'000, change(0))}), std::nullopt, 100);
  CHECK((ledger.stateOf(a) == TxState::PENDING) != (ledger.stateOf(b) == TxState::PENDING));
  CHECK(ledger.coins(height).size() == 1);
}

TEST_CASE_FIXTURE(LedgerFixture, "children and grandchildren of a dead transaction are dead") {
  const auto funding = receivePayment(50'000, 990);
  const auto dead = put(transaction({{funding, 0}}, {out(49'000, change(0))}), std::nullopt);
  const auto child = put(transaction({{dead, 0}}, {out(48'000, change(1))}), std::nullopt);
  const auto grandchild = put(transaction({{child, 0}}, {out(47'000, change(2))}), std::nullopt);
  CHECK(ledger.balance(height).change == 47'000);
  put(transaction({{funding, 0}}, {out(46'000, change(3))}), 999);
  CHECK(ledger.stateOf(child) == TxState::REPLACED);
  CHECK(ledger.stateOf(grandchild) == TxState::REPLACED);
  CHECK(ledger.balance(height).change == 0);
  CHECK(ledger.balance(height).confirmed == 46'000);
}

TEST_CASE_FIXTURE(LedgerFixture, "what a dead transaction spent is a coin again") {
  const auto funding = receivePayment(50'000, 990);
  const auto other = receivePayment(10'000, 990, 1);
  put(transaction({{funding, 0}, {other, 0}}, {out(59'000, change(0))}), std::nullopt);
  CHECK(ledger.spendable(height).size() == 1);  // the change
  put(transaction({{funding, 0}}, {out(49'000, strangerScript())}), 999);
  const auto coins = ledger.spendable(height);
  REQUIRE(coins.size() == 1);
  CHECK(coins[0].outpoint == bitcoin::OutPoint{other, 0});
}

TEST_CASE_FIXTURE(LedgerFixture, "a reorganisation makes a payment unconfirmed again") {
  const auto txid = receivePayment(50'000, 999);
  ledger.edit(txid)->placement.reset();
  CHECK(ledger.balance(height).confirmed == 0);
  CHECK(ledger.balance(height).incoming == 50'000);
  CHECK(ledger.stateOf(txid) == TxState::PENDING);
}

TEST_CASE_FIXTURE(LedgerFixture,
                  "coins of a block that was given up are gone, with what they paid") {
  const auto mined = put(coinbase(5'000'000'000), 500);
  const auto spending = put(transaction({{mined, 0}}, {out(4'000'000'000, change(0))}), 995);
  ledger.edit(mined)->placement.reset();
  ledger.edit(spending)->placement.reset();
  CHECK(ledger.stateOf(mined) == TxState::CONFLICTED);
  CHECK(ledger.stateOf(spending) == TxState::REPLACED);
  const auto balance = ledger.balance(height);
  CHECK(balance.immature == 0);
  CHECK(balance.change == 0);
  CHECK(balance.incoming == 0);
}

TEST_CASE_FIXTURE(LedgerFixture,
                  "a stranger's payment that nobody keeps any more is not incoming") {
  const auto txid = receivePayment(50'000, std::nullopt);
  ledger.edit(txid)->listed = false;
  CHECK(ledger.balance(height).incoming == 0);
  CHECK(ledger.stateOf(txid) == TxState::REPLACED);
  ledger.edit(txid)->listed = true;  // somebody sent it again
  CHECK(ledger.balance(height).incoming == 50'000);
}

TEST_CASE_FIXTURE(LedgerFixture, "our own payment counts although no server names it") {
  const auto funding = receivePayment(50'000, 990);
  const auto payment =
      put(transaction({{funding, 0}}, {out(20'000, strangerScript()), out(29'000, change(0))}),
          std::nullopt);
  ledger.edit(payment)->listed = false;
  CHECK(ledger.stateOf(payment) == TxState::PENDING);
  CHECK(ledger.balance(height).change == 29'000);
  CHECK(ledger.balance(height).confirmed == 0);
}

TEST_CASE_FIXTURE(LedgerFixture, "no number of invented payments takes a sum out of its range") {
  for (int i = 0; i < 20; ++i) receivePayment(bitcoin::Amount::MAX_SATOSHIS, std::nullopt, 0);
  CHECK(ledger.balance(height).incoming == bitcoin::Amount::MAX_SATOSHIS);
  std::vector<bitcoin::TxOut> many(5'000, out(bitcoin::Amount::MAX_SATOSHIS, receive(0)));
  const auto txid = put(transaction({foreignCoin()}, many), std::nullopt, 999);
  for (const auto& tx : history())
    if (tx.txid == txid.hex()) CHECK(tx.amount == bitcoin::Amount::MAX_SATOSHIS);
}

TEST_CASE_FIXTURE(LedgerFixture, "the history tells the direction, the amount and the fee") {
  const auto funding = receivePayment(50'000, 990);
  const auto payment = put(
      transaction({{funding, 0}}, {out(20'000, strangerScript(7)), out(29'000, change(0))}), 995);
  const auto self = put(transaction({{payment, 1}}, {out(28'500, receive(4))}), 999);
  const auto list = history();
  REQUIRE(list.size() == 3);

  CHECK(list[0].txid == self.hex());  // newest first
  CHECK(list[0].direction == Direction::SELF);
  CHECK(list[0].amount == -500);
  CHECK(list[0].fee == 500);

  CHECK(list[1].direction == Direction::OUTGOING);
  CHECK(list[1].amount == -21'000);
  CHECK(list[1].fee == 1'000);
  CHECK(list[1].confirmations == 6);
  CHECK(list[1].height == 995);
  CHECK(list[1].time == 1'700'000'995);
  CHECK(list[1].counterparties == std::vector<std::string>{strangerAddress(7)});

  CHECK(list[2].direction == Direction::INCOMING);
  CHECK(list[2].amount == 50'000);
  CHECK_FALSE(list[2].fee.has_value());
  CHECK(list[2].counterparties == std::vector<std::string>{account.address({false, 0})});
}

TEST_CASE_FIXTURE(LedgerFixture, "the fee of a transaction with a stranger's input is not known") {
  const auto funding = receivePayment(50'000, 990);
  const auto joint =
      put(transaction({{funding, 0}, foreignCoin()}, {out(60'000, strangerScript())}), 995);
  const auto list = history();
  CHECK(list[0].txid == joint.hex());
  CHECK_FALSE(list[0].fee.has_value());
  CHECK(list[0].amount == -50'000);
}

TEST_CASE_FIXTURE(LedgerFixture, "what is unconfirmed stands above all blocks, the latest on top") {
  const auto old = receivePayment(1'000, 999);
  const auto first = put(transaction({foreignCoin()}, {out(1, receive(0))}), std::nullopt, 50);
  const auto second = put(transaction({foreignCoin()}, {out(2, receive(0))}), std::nullopt, 60);
  const auto list = history();
  CHECK(list[0].txid == second.hex());
  CHECK(list[0].time == 60);
  CHECK_FALSE(list[0].height.has_value());
  CHECK(list[1].txid == first.hex());
  CHECK(list[2].txid == old.hex());
}

TEST_CASE_FIXTURE(LedgerFixture, "an address is used once anything paid it, spent or not") {
  const auto funding = receivePayment(50'000, 990, 5);
  put(transaction({{funding, 0}}, {out(49'000, strangerScript())}), 995);
  CHECK(ledger.usedPaths() == std::set<KeyPath>{{false, 5}});
}

TEST_CASE_FIXTURE(LedgerFixture, "only what pays or spends our coins concerns us") {
  const auto funding = receivePayment(50'000, 990);
  const auto spending = put(transaction({{funding, 0}}, {out(1, strangerScript())}), 995);
  const auto foreign = put(transaction({foreignCoin()}, {out(1, strangerScript())}), 995);
  const auto beyond = put(transaction({{funding, 7}}, {out(1, strangerScript())}), 995);
  CHECK(ledger.concernsUs(funding));
  CHECK(ledger.concernsUs(spending));
  CHECK_FALSE(ledger.concernsUs(foreign));
  CHECK_FALSE(ledger.concernsUs(beyond));  // no such output
  CHECK_FALSE(ledger.concernsUs(bitcoin::Txid{}));
}

}  // namespace
}  // namespace sallyport::wallet
