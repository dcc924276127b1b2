// Coin selection by its rules: exact matches, change, dust, tiers, and properties over random
// wallets.
#include "broker/bitcoin/coin-selection.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "tests/broker/bitcoin/result-printing.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::int64_t RATE =
    2'000;  // sat/kvB: an input of ours costs 136, a P2WPKH output 62, the rest 22

Bytes p2wpkh() { return p2wpkhScript(Digest20{1}); }

SelectionRequest request(std::vector<std::int64_t> coins,
                         std::int64_t amount,
                         std::int64_t rate = RATE) {
  SelectionRequest out;
  for (auto value : coins) out.coins.push_back({*Amount::of(value), ScriptType::P2WPKH, 6});
  out.outputs = {{*Amount::of(amount), p2wpkh()}};
  out.feeRate = *FeeRate::perKvb(rate);
  out.changeScript = p2wpkh();
  return out;
}

RandomBelow seeded(unsigned seed) {
  return [engine = std::mt19937_64(seed)](std::uint64_t limit) mutable { return engine() % limit; };
}

std::int64_t valueOf(const SelectionRequest& from, const Selection& selection) {
  std::int64_t out = 0;
  for (auto i : selection.inputs) out += from.coins[i].value.satoshis();
  return out;
}

std::size_t vsizeWith(const SelectionRequest& from, const Selection& selection) {
  auto weight = overheadWeight(selection.inputs.size(), from.outputs.size() + 1);
  for (auto i : selection.inputs) weight += *inputWeight(from.coins[i].type);
  for (const auto& o : from.outputs) weight += outputWeight(o.script.size());
  if (selection.change.satoshis() > 0) weight += outputWeight(from.changeScript.size());
  return vsizeOf(weight);
}

}  // namespace

TEST_CASE("dust limits are the network's") {
  CHECK(dustLimit(p2wpkh()) == 294);
  CHECK(dustLimit(p2trScript(Digest32{1})) == 330);
  CHECK(dustLimit(p2pkhScript({})) == 546);
  CHECK(dustLimit(p2shScript({})) == 540);
  CHECK(vsizeOf(*inputWeight(ScriptType::P2WPKH)) == 68);
  CHECK(vsizeOf(*inputWeight(ScriptType::P2TR)) == 58);
  CHECK(inputWeight(ScriptType::P2WSH).error() == Error::NOT_SUPPORTED);
}

TEST_CASE("an exact match is found by branch and bound, and needs no change") {
  // At 20 sat/vB two inputs and one output cost 3,540; 60 are left over.
  auto from = request({70'000, 30'000, 20'000, 5'000}, 46'400, 20'000);
  auto got = *selectCoins(from, seeded(1));
  CHECK(got.algorithm == Algorithm::BRANCH_AND_BOUND);
  CHECK(got.inputs == std::vector<std::size_t>{1, 2});
  CHECK(got.change.satoshis() == 0);
  CHECK(got.fee.satoshis() == 3'600);
}

TEST_CASE("while fees are low, more coins are less waste; while they are high, fewer") {
  std::vector<std::int64_t> coins(12, 20'000);
  auto cheap = *selectCoins(request(coins, 30'000, 1'000), seeded(1));
  auto dear = *selectCoins(request(coins, 30'000, 50'000), seeded(1));
  CHECK(cheap.inputs.size() > 2);
  CHECK(cheap.algorithm == Algorithm::SINGLE_RANDOM_DRAW);
  CHECK(dear.inputs.size() == 2);
}

TEST_CASE("without a match there is change, or what would be dust goes to the fee") {
  auto got = *selectCoins(request({100'000}, 40'000), seeded(1));
  CHECK(got.inputs.size() == 1);
  CHECK(got.change.satoshis() == 100'000 - 40'000 - got.fee.satoshis());
  CHECK(got.fee.satoshis() == 2 * 141);
  auto noChange = *selectCoins(request({100'000}, 99'500), seeded(1));
  CHECK(noChange.change.satoshis() == 0);
  CHECK(noChange.fee.satoshis() == 500);
}

TEST_CASE("change just under its cost is dropped, and from there on kept") {
  // Spending it later costs 680 at 10 sat/vB, more than dust.
  auto fee = 2 * 141;
  CHECK(selectCoins(request({100'000}, 100'000 - fee - 680), seeded(1))->change.satoshis() == 0);
  CHECK(selectCoins(request({100'000}, 100'000 - fee - 681), seeded(1))->change.satoshis() == 681);
}

TEST_CASE("too little money is said to be so, also when only the fee is missing") {
  CHECK(selectCoins(request({}, 1'000), seeded(1)).error() == Error::INSUFFICIENT_FUNDS);
  CHECK(selectCoins(request({10'000}, 10'000), seeded(1)).error() == Error::INSUFFICIENT_FUNDS);
  CHECK(selectCoins(request({10'000}, 10'000 - 219), seeded(1)).error() ==
        Error::INSUFFICIENT_FUNDS);
  CHECK(selectCoins(request({10'000}, 10'000 - 220), seeded(1)));
  // Coins that cost more than they bring do not count.
  CHECK(selectCoins(request(std::vector<std::int64_t>(100, 136), 1'000), seeded(1)).error() ==
        Error::INSUFFICIENT_FUNDS);
}

TEST_CASE("own unconfirmed change is spent only when confirmed coins do not suffice") {
  auto from = request({50'000, 40'220}, 40'000);  // the second would be an exact match
  CHECK(selectCoins(from, seeded(1))->inputs == std::vector<std::size_t>{1});
  from.coins[1].confirmations = 0;
  CHECK(selectCoins(from, seeded(1))->inputs == std::vector<std::size_t>{0});
  from.outputs[0].value = *Amount::of(80'000);
  CHECK(selectCoins(from, seeded(1))->inputs == std::vector<std::size_t>{0, 1});
}

TEST_CASE("with subtractFee the outputs get less by the fee, and all coins can be sent") {
  auto from = request({50'000, 60'000}, 110'000);
  from.subtractFee = true;
  auto got = *selectCoins(from, seeded(1));
  CHECK(got.inputs.size() == 2);
  CHECK(got.change.satoshis() == 0);
  CHECK(got.fee == got.subtracted);
  CHECK(got.fee.satoshis() >= 2 * 177);
  from.outputs[0].value = *Amount::of(30'000);
  got = *selectCoins(from, seeded(1));
  CHECK(got.subtracted == got.fee);
  CHECK(valueOf(from, got) == 30'000 + got.change.satoshis());
  from.outputs[0].value = *Amount::of(100);
  CHECK(selectCoins(from, seeded(1)).error() == Error::INSUFFICIENT_FUNDS);
}

TEST_CASE("a coin that costs more than it brings is never taken") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    auto from = request({136, 136, 136, 136, 136, 100'000}, 20'000);
    from.subtractFee = true;
    CHECK(selectCoins(from, seeded(seed))->inputs == std::vector<std::size_t>{5});
  }
}

TEST_CASE("a payment that needs more coins than a standard transaction holds is refused") {
  auto from = request(std::vector<std::int64_t>(2'000, 1'000), 1'600'000);
  CHECK(selectCoins(from, seeded(1)).error() == Error::TOO_LARGE);
  CHECK(FeeRate::perKvb(-1).error() == Error::AMOUNT_RANGE);
  CHECK(FeeRate::perKvb(2'000'001).error() == Error::AMOUNT_RANGE);
}

TEST_CASE("the hardest search for a match ends") {
  // Powers of two that cannot meet the target: the classic worst case of branch and bound.
  std::vector<std::int64_t> coins;
  for (int i = 0; i < 30; ++i) {
    coins.push_back((std::int64_t{1} << (i + 12)) + (std::int64_t{1} << 11));
    coins.push_back(std::int64_t{1} << (i + 12));
  }
  CHECK(selectCoins(request(coins, (std::int64_t{1} << 41) + 777, 1'000), seeded(1)));
}

TEST_CASE("every selection balances, pays its rate, has no dust and no coin twice") {
  std::mt19937_64 random(7);
  int solved = 0;
  std::set<Algorithm> seen;
  for (int round = 0; round < 500; ++round) {
    std::vector<std::int64_t> coins;
    for (auto n = random() % 30; n > 0; --n)
      coins.push_back(static_cast<std::int64_t>(random() % 200'000 + 1));
    auto from = request(coins,
                        static_cast<std::int64_t>(random() % 400'000 + 1),
                        static_cast<std::int64_t>(random() % 50'000));
    for (auto& coin : from.coins) {
      coin.confirmations = static_cast<std::uint32_t>(random() % 3);
      if (random() % 3 == 0) coin.type = ScriptType::P2TR;
    }
    auto got = selectCoins(from, seeded(static_cast<unsigned>(round)));
    if (!got) {
      CHECK(got.error() == Error::INSUFFICIENT_FUNDS);
      continue;
    }
    ++solved;
    seen.insert(got->algorithm);
    CHECK(std::set<std::size_t>(got->inputs.begin(), got->inputs.end()).size() ==
          got->inputs.size());
    CHECK(valueOf(from, *got) ==
          from.outputs[0].value.satoshis() + got->change.satoshis() + got->fee.satoshis());
    CHECK(got->fee.satoshis() >= from.feeRate.fee(vsizeWith(from, *got)) - from.feeRate.fee(2));
    CHECK((got->change.satoshis() == 0 || got->change.satoshis() >= 681));
  }
  CHECK(solved > 100);
  CHECK(seen.size() >= 2);
}

}  // namespace sallyport::bitcoin
