#include "broker/wallet/payment.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "broker/bitcoin/fees.h"
#include "tests/broker/wallet/wallet-fixture.h"

namespace sallyport::wallet {
namespace {

using commands::Code;

void checkRefused(const Result<PreparedPayment>& payment, Code code, const std::string& start) {
  REQUIRE(payment.has_error());
  CHECK(payment.error().code == code);
  CHECK_MESSAGE(payment.error().message.rfind(start, 0) == 0, payment.error().message);
}

struct FundedFixture : WalletFixture {
  FundedFixture() { fund(1'000'000); }
};

TEST_CASE_FIXTURE(WalletFixture, "a wallet that was never compared with its server pays nothing") {
  checkRefused(prepare(wish(10'000)), Code::UNAVAILABLE, "The wallet is not up to date");
}

TEST_CASE_FIXTURE(FundedFixture, "a wish that does not say what to pay names the field") {
  SendTransaction nothing;
  checkRefused(prepare(nothing), Code::INVALID_ARGUMENT, "to: missing");
  auto noAmount = wish(1);
  noAmount.amount.reset();
  checkRefused(prepare(noAmount), Code::INVALID_ARGUMENT, "amount: missing");
  auto both = wish(10'000);
  both.outputs = std::vector<Payment>{{strangerAddress(), 10'000}};
  checkRefused(prepare(both), Code::INVALID_ARGUMENT, "outputs: not together");
  SendTransaction none;
  none.outputs = std::vector<Payment>{};
  checkRefused(prepare(none), Code::INVALID_ARGUMENT, "outputs: expected 1 to 100");
  SendTransaction many;
  many.outputs = std::vector<Payment>(101, {strangerAddress(), 1'000});
  checkRefused(prepare(many), Code::INVALID_ARGUMENT, "outputs: expected 1 to 100");
}

TEST_CASE_FIXTURE(FundedFixture, "an address that is none, or of another network, is refused") {
  auto payment = wish(10'000);
  payment.to = "bcrt1qnonsense";
  checkRefused(prepare(payment), Code::INVALID_ARGUMENT, "to: is not a Bitcoin address");
  payment.to = strangerAddress(1, bitcoin::Network::MAINNET);
  checkRefused(prepare(payment), Code::INVALID_ARGUMENT, "to: is an address of another network");
  payment.to = std::string(strangerAddress()) + std::string(1, '\0');
  checkRefused(prepare(payment), Code::INVALID_ARGUMENT, "to: is not a Bitcoin address");
  SendTransaction list;
  list.outputs = std::vector<Payment>{{strangerAddress(), 10'000}, {"x", 10'000}};
  checkRefused(prepare(list), Code::INVALID_ARGUMENT, "outputs[1].address: is not");
}

TEST_CASE_FIXTURE(FundedFixture, "an amount below dust or out of range is refused") {
  checkRefused(prepare(wish(293)), Code::INVALID_ARGUMENT, "amount: is dust; at least 294");
  checkRefused(prepare(wish(0)), Code::INVALID_ARGUMENT, "amount: is dust");
  checkRefused(prepare(wish(-1)), Code::INVALID_ARGUMENT, "amount: is not between");
  checkRefused(prepare(wish(bitcoin::Amount::MAX_SATOSHIS + 1)),
               Code::INVALID_ARGUMENT,
               "amount: is not between");
  CHECK(prepare(wish(294)).has_value());
  SendTransaction list;
  list.outputs = std::vector<Payment>{{strangerAddress(), 10'000}, {strangerAddress(2), 1}};
  checkRefused(prepare(list), Code::INVALID_ARGUMENT, "outputs[1].amount: is dust");
}

TEST_CASE_FIXTURE(FundedFixture, "a fee rate outside 1 to 2000 sat/vB is refused") {
  auto payment = wish(500'000);
  for (const double rate : {0.0, 0.99, -1.0, 2'000.01, 1e300}) {
    payment.feeRate = rate;
    checkRefused(prepare(payment), Code::INVALID_ARGUMENT, "feeRate: expected 1 to 2000");
  }
  for (const double rate : {1.0, 1.5, 2'000.0}) {
    payment.feeRate = rate;
    CHECK(prepare(payment).has_value());
  }
}

TEST_CASE_FIXTURE(FundedFixture, "the fee follows the chosen rate and the size that is signed") {
  auto payment = wish(500'000);
  payment.feeRate = 12.5;
  const auto prepared = prepare(payment);
  REQUIRE(prepared.has_value());
  const auto vsize = sign(*prepared).vsize();
  CHECK(prepared->summary.feeRate == 12.5);
  // A signature may be a byte shorter than was reckoned, so at least the rate, and hardly more.
  CHECK(prepared->summary.fee >= static_cast<std::int64_t>(12.5 * static_cast<double>(vsize)));
  CHECK(prepared->summary.fee <= static_cast<std::int64_t>(12.5 * static_cast<double>(vsize + 2)));
}

TEST_CASE_FIXTURE(FundedFixture, "a server's estimate is clamped") {
  const auto low = prepare(wish(500'000), {0, 0, 0});
  REQUIRE(low.has_value());
  CHECK(low->summary.feeRate == 1.0);
  const auto high = prepare(wish(500'000), {1e9, 1e9, 1e9});  // at 1e9 the coins would not reach
  REQUIRE(high.has_value());
  CHECK(high->summary.feeRate == 2000.0);
}

TEST_CASE_FIXTURE(
    WalletFixture,
    "a fee over 0.01 BTC is refused, one that is high for the amount is the vault's affair") {
  fund(100'000'000);
  for (std::uint32_t i = 1; i <= 20; ++i) pay(i, 60'000);
  mine();
  REQUIRE(sync().has_value());
  const auto high = prepare(wish(60'000), {200, 200, 200});
  REQUIRE(high.has_value());
  CHECK(high->summary.fee > 60'000 / 4);
  auto large = SendTransaction{};
  large.outputs = std::vector<Payment>(100, {strangerAddress(), 100'000});
  large.feeRate = 2'000;
  checkRefused(prepare(large), Code::LIMIT, "The fee would be over 0.01 BTC");
}

TEST_CASE_FIXTURE(FundedFixture, "coins that do not reach are said so") {
  checkRefused(prepare(wish(1'000'000)), Code::INSUFFICIENT_FUNDS, "The spendable coins");
  checkRefused(prepare(wish(999'990)), Code::INSUFFICIENT_FUNDS, "The spendable coins");
  checkRefused(
      prepare(wish(bitcoin::Amount::MAX_SATOSHIS)), Code::INSUFFICIENT_FUNDS, "The spendable");
}

TEST_CASE_FIXTURE(WalletFixture, "what is unconfirmed and not ours is not spent") {
  fund(100'000);
  pay(1, 5'000'000);
  mine(0);
  REQUIRE(sync().has_value());
  checkRefused(prepare(wish(200'000)), Code::INSUFFICIENT_FUNDS, "The spendable coins");
}

TEST_CASE_FIXTURE(FundedFixture, "the outputs bear the fee when that is asked for") {
  auto payment = wish(1'000'000);
  payment.subtractFee = true;
  const auto all = prepare(payment);
  REQUIRE(all.has_value());
  CHECK(all->summary.change == 0);
  CHECK(all->summary.total == 1'000'000);
  CHECK(all->summary.outputs[0].amount == 1'000'000 - all->summary.fee);
  CHECK(all->transaction.outputs.size() == 1);

  SendTransaction three;
  three.outputs = std::vector<Payment>{
      {strangerAddress(1), 100'000}, {strangerAddress(2), 100'000}, {strangerAddress(3), 100'000}};
  three.subtractFee = true;
  const auto split = prepare(three);
  REQUIRE(split.has_value());
  std::int64_t lost = 0;
  for (const auto& output : split->summary.outputs) {
    lost += 100'000 - output.amount;
    CHECK(std::abs(100'000 - output.amount - split->summary.fee / 3) <= 1);
  }
  CHECK(lost == split->summary.fee);

  auto tiny = wish(900);
  tiny.subtractFee = true;
  checkRefused(prepare(tiny), Code::INVALID_ARGUMENT, "amount: after the fee nothing");
}

TEST_CASE_FIXTURE(FundedFixture, "the transaction opts into replacement and is tied to the tip") {
  const auto payment = prepare(wish(200'000));
  REQUIRE(payment.has_value());
  const auto& tx = payment->transaction;
  CHECK(tx.version == 2);
  CHECK(tx.lockTime == wallet->height());
  CHECK(tx.lockTime == server.node.chain().height());
  for (const auto& input : tx.inputs) {
    CHECK(input.sequence == 0xfffffffd);
    CHECK(input.scriptSig.empty());
    CHECK(input.witness.empty());
  }
}

TEST_CASE_FIXTURE(FundedFixture,
                  "the change stands at any position and goes to a fresh key of ours") {
  std::set<std::size_t> positions;
  for (int i = 0; i < 40; ++i) {
    const auto payment = prepare(wish(200'000));
    REQUIRE(payment.has_value());
    REQUIRE(payment->change.has_value());
    CHECK(*payment->change == KeyPath{true, 0});
    CHECK(payment->transaction.outputs[payment->changeIndex].script ==
          wallet->account().script({true, 0}));
    CHECK(payment->transaction.outputs[payment->changeIndex].value.satoshis() ==
          payment->summary.change);
    positions.insert(payment->changeIndex);
  }
  CHECK(positions == std::set<std::size_t>{0, 1});
}

TEST_CASE_FIXTURE(FundedFixture, "the PSBT has all that the vault asks for, and nothing else") {
  fund(300'000, 3);
  const auto payment = prepare(wish(1'200'000));
  REQUIRE(payment.has_value());
  const auto psbt = bitcoin::Psbt::parse(toPsbt(*wallet, *payment).value()).value();
  CHECK(psbt.tx == payment->transaction);
  CHECK(psbt.globals.empty());
  REQUIRE(psbt.inputs.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& coin = payment->coins[i];
    CHECK(psbt.tx.inputs[i].previous == coin.outpoint);
    CHECK(psbt.inputs[i].previousTransaction()->txid() == coin.outpoint.txid);
    CHECK(psbt.inputs[i].witnessUtxo()->value.satoshis() == coin.value);
    CHECK(psbt.inputs[i].witnessUtxo()->script == coin.script);
    const auto keys = psbt.inputs[i].derivations();
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].key == wallet->account().publicKey(coin.path));
    CHECK(bitcoin::toHex(keys[0].origin.fingerprint) == FINGERPRINT);
    CHECK(bitcoin::formatPath(keys[0].origin.path) == wallet->account().pathText(coin.path));
    CHECK(psbt.inputs[i].fields.size() == 3);
  }
  for (std::size_t i = 0; i < psbt.outputs.size(); ++i) {
    const auto keys = psbt.outputs[i].derivations();
    REQUIRE(keys.size() == (i == payment->changeIndex ? 1 : 0));
    if (i == payment->changeIndex)
      CHECK(bitcoin::formatPath(keys[0].origin.path) == "m/84'/1'/0'/1/0");
  }
}

TEST_CASE_FIXTURE(FundedFixture, "the network takes what was prepared and signed") {
  const auto payment = prepare(wish(200'000));
  CHECK_FALSE(server.node.submit(sign(*payment)).has_value());
}

TEST_CASE_FIXTURE(FundedFixture, "a payment whose coin was spent meanwhile is known to be stale") {
  const auto payment = prepare(wish(200'000));
  CHECK(stillSpendable(*wallet, *payment));
  REQUIRE_FALSE(server.node.submit(sign(*prepare(wish(300'000)))).has_value());
  mine();
  REQUIRE(sync().has_value());
  CHECK_FALSE(stillSpendable(*wallet, *payment));
}

TEST_CASE_FIXTURE(WalletFixture, "whatever the coins: inputs are outputs and fee, change is ours") {
  for (std::uint32_t i = 0; i < 30; ++i)
    pay(i % 20, 600 + static_cast<std::int64_t>(generator() % 200'000));
  mine();
  REQUIRE(sync().has_value());
  const auto spendable = wallet->ledger().spendable(wallet->height());
  int made = 0;
  for (int round = 0; round < 300; ++round) {
    SendTransaction random;
    std::vector<Payment> outputs;
    for (std::uint64_t i = 0; i <= generator() % 4; ++i)
      outputs.push_back({strangerAddress(static_cast<std::uint8_t>(i + 1)),
                         static_cast<std::int64_t>(294 + generator() % 400'000)});
    random.outputs = outputs;
    random.feeRate = 1 + static_cast<double>(generator() % 400) / 10;
    random.subtractFee = generator() % 2 == 0;
    const auto payment = prepare(random);
    if (!payment) continue;
    ++made;
    std::int64_t in = 0, out = 0;
    std::set<bitcoin::OutPoint> coins;
    for (const auto& coin : payment->coins) {
      in += coin.value;
      CHECK(coins.insert(coin.outpoint).second);  // no coin twice
      CHECK(std::any_of(spendable.begin(), spendable.end(), [&](const Coin& known) {
        return known.outpoint == coin.outpoint && known.value == coin.value;
      }));
    }
    for (const auto& output : payment->transaction.outputs) {
      out += output.value.satoshis();
      CHECK(output.value.satoshis() >= bitcoin::dustLimit(output.script));
    }
    const auto& summary = payment->summary;
    CHECK(in == out + summary.fee);
    CHECK(out == summary.total - summary.fee + summary.change);
    CHECK(summary.inputs == static_cast<std::int64_t>(coins.size()));
    CHECK(payment->change.has_value() == (summary.change > 0));
    CHECK(payment->transaction.outputs.size() == outputs.size() + (payment->change ? 1 : 0));
    if (payment->change)
      CHECK(wallet->account().owner(payment->transaction.outputs[payment->changeIndex].script) ==
            *payment->change);
    // What is paid stands in the order of the wish, with the fee taken off where it was asked for.
    std::int64_t wished = 0, paid = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < payment->transaction.outputs.size(); ++i) {
      if (payment->change && i == payment->changeIndex) continue;
      const auto& output = payment->transaction.outputs[i];
      CHECK(output.script ==
            bitcoin::parseAddress(outputs[at].address, bitcoin::Network::REGTEST).value());
      CHECK(output.value.satoshis() == summary.outputs[at].amount);
      wished += outputs[at].amount;
      paid += output.value.satoshis();
      ++at;
    }
    if (*random.subtractFee)
      CHECK(wished - paid <= summary.fee);
    else
      CHECK(wished == paid);
  }
  CHECK(made > 100);
}

}  // namespace
}  // namespace sallyport::wallet
