// Amounts are plain satoshis inside, all far from 64 bits: 21 million bitcoin is 2^51, and the
// number of coins is bounded by the weight of a transaction.
#include "broker/bitcoin/coin-selection.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

namespace sallyport::bitcoin {
namespace {

constexpr std::int64_t DRAW_CHANGE = 50'000;  // a random draw leaves change that is worth having

struct Candidate {
  std::size_t index;
  std::int64_t
      effective;  // value less what its input costs (the value itself when the outputs pay)
  std::int64_t fee;
  std::int64_t longTermFee;
  std::size_t weight;
};

struct Costs {
  std::int64_t outputs = 0;       // sum of the payments
  std::int64_t target = 0;        // with the fee of everything but inputs and change
  std::int64_t changeFee = 0;     // of the change output itself
  std::int64_t costOfChange = 0;  // with the fee of spending it later
  std::int64_t leastChange = 0;   // below: dropped
  std::size_t fixedWeight = 0;    // without inputs and change
  std::size_t changeWeight = 0;
};

using Chosen = std::vector<std::size_t>;  // positions in the list of candidates

Result<Costs> costsOf(const SelectionRequest& request) {
  Costs out;
  Amount total;
  out.fixedWeight = overheadWeight(request.coins.size(), request.outputs.size() + 1);
  for (const auto& output : request.outputs) {
    auto sum = total.plus(output.value);
    if (!sum) return sum.error();
    total = *sum;
    out.fixedWeight += outputWeight(output.script.size());
  }
  out.outputs = total.satoshis();
  out.target =
      out.outputs + (request.subtractFee ? 0 : request.feeRate.fee(vsizeOf(out.fixedWeight)));
  out.changeWeight = outputWeight(request.changeScript.size());
  auto type = classify(request.changeScript);
  auto spendWeight = inputWeight(type);
  if (!spendWeight) return spendWeight.error();
  auto spendLater = request.longTermFeeRate.fee(vsizeOf(*spendWeight));
  out.changeFee = request.feeRate.fee(vsizeOf(out.changeWeight));
  out.costOfChange = out.changeFee + spendLater;
  out.leastChange = std::max(dustLimit(request.changeScript), spendLater + 1);
  return out;
}

// Those that are worth their input, the most valuable first.
Result<std::vector<Candidate>> candidatesOf(const SelectionRequest& request, bool unconfirmedToo) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < request.coins.size(); ++i) {
    const auto& coin = request.coins[i];
    if (coin.confirmations == 0 && !unconfirmedToo) continue;
    auto weight = inputWeight(coin.type);
    if (!weight) return weight.error();
    auto fee = request.feeRate.fee(vsizeOf(*weight));
    auto worth = coin.value.satoshis() - fee;
    if (worth <= 0) continue;
    out.push_back({i,
                   request.subtractFee ? coin.value.satoshis() : worth,
                   fee,
                   request.longTermFeeRate.fee(vsizeOf(*weight)),
                   *weight});
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.effective > b.effective;
  });
  return out;
}

// Depth first over "with this coin, without it", in order of value, for a sum between target and
// target plus the cost of change. Keeps the match with the least waste.
std::optional<Chosen> branchAndBound(const std::vector<Candidate>& pool, const Costs& costs) {
  auto available =
      std::accumulate(pool.begin(), pool.end(), std::int64_t{0}, [](auto sum, const auto& c) {
        return sum + c.effective;
      });
  if (available < costs.target) return std::nullopt;
  bool expensiveNow = !pool.empty() && pool[0].fee > pool[0].longTermFee;
  Chosen current;
  std::optional<Chosen> best;
  std::int64_t bestWaste = std::numeric_limits<std::int64_t>::max();
  std::int64_t sum = 0;
  std::int64_t waste = 0;
  std::size_t at = 0;
  for (int tries = 0; tries < BRANCH_AND_BOUND_TRIES; ++tries) {
    bool back = false;
    if (sum + available < costs.target || sum > costs.target + costs.costOfChange ||
        (expensiveNow && best && waste > bestWaste)) {
      back = true;
    } else if (sum >= costs.target) {
      auto total = waste + sum - costs.target;
      if (total <= bestWaste) {
        best = current;
        bestWaste = total;
      }
      back = true;
    }
    if (back) {
      if (current.empty()) break;
      // Give up the coins that were left out since the last one taken, then leave that one out
      // instead.
      for (--at; at > current.back(); --at) available += pool[at].effective;
      sum -= pool[at].effective;
      waste -= pool[at].fee - pool[at].longTermFee;
      current.pop_back();
      ++at;
      continue;
    }
    available -= pool[at].effective;
    // A twin of a coin that was just left out would only repeat its branch.
    bool twinLeftOut = at > 0 && (current.empty() || current.back() != at - 1) &&
                       pool[at].effective == pool[at - 1].effective &&
                       pool[at].fee == pool[at - 1].fee;
    if (!twinLeftOut) {
      current.push_back(at);
      sum += pool[at].effective;
      waste += pool[at].fee - pool[at].longTermFee;
    }
    ++at;
  }
  return best;
}

std::optional<Chosen> takeUntil(const std::vector<Candidate>& pool,
                                const Chosen& order,
                                std::int64_t wanted) {
  Chosen out;
  std::int64_t sum = 0;
  for (auto i : order) {
    out.push_back(i);
    sum += pool[i].effective;
    if (sum >= wanted) return out;
  }
  return std::nullopt;
}

std::optional<Chosen> singleRandomDraw(const std::vector<Candidate>& pool,
                                       const Costs& costs,
                                       const RandomBelow& random) {
  Chosen order(pool.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random(i))]);
  return takeUntil(
      pool, order, costs.target + costs.changeFee + std::max(costs.leastChange, DRAW_CHANGE));
}

std::optional<Chosen> largestFirst(const std::vector<Candidate>& pool, const Costs& costs) {
  Chosen order(pool.size());
  std::iota(order.begin(), order.end(), 0);
  return takeUntil(pool, order, costs.target);
}

// Change, fee and waste that a choice of coins leads to. Nothing when the outputs cannot bear the
// fee.
Result<Selection> complete(const SelectionRequest& request,
                           const std::vector<Candidate>& pool,
                           const Costs& costs,
                           const Chosen& chosen,
                           Algorithm algorithm) {
  Selection out;
  out.algorithm = algorithm;
  std::int64_t in = 0;
  std::size_t weight = costs.fixedWeight;
  for (auto i : chosen) {
    out.inputs.push_back(pool[i].index);
    in += request.coins[pool[i].index].value.satoshis();
    weight += pool[i].weight;
    out.waste += pool[i].fee - pool[i].longTermFee;
  }
  std::sort(out.inputs.begin(), out.inputs.end());
  auto feeWith = request.feeRate.fee(vsizeOf(weight + costs.changeWeight));
  auto feeWithout = request.feeRate.fee(vsizeOf(weight));
  auto spare = in - costs.outputs;
  auto change = spare - (request.subtractFee ? 0 : feeWith);
  bool hasChange = change >= costs.leastChange;
  if (weight + (hasChange ? costs.changeWeight : 0) > MAX_STANDARD_WEIGHT) return Error::TOO_LARGE;
  std::int64_t fee = 0;
  std::int64_t subtracted = 0;
  if (hasChange) {
    fee = feeWith;
    subtracted = request.subtractFee ? fee : 0;
    out.waste += costs.costOfChange;
  } else {
    // What is left over is not worth an output, and becomes fee.
    fee = std::max(spare, request.subtractFee ? feeWithout : spare);
    subtracted = fee - spare;
    out.waste += std::max<std::int64_t>(spare - (request.subtractFee ? 0 : feeWithout), 0);
  }
  if (!request.subtractFee && fee < feeWithout) return Error::INSUFFICIENT_FUNDS;
  if (subtracted > costs.outputs) return Error::INSUFFICIENT_FUNDS;
  auto changeAmount = Amount::of(hasChange ? change : 0);
  auto feeAmount = Amount::of(fee);
  auto subtractedAmount = Amount::of(subtracted);
  if (!changeAmount || !feeAmount || !subtractedAmount) return Error::AMOUNT_RANGE;
  out.change = *changeAmount;
  out.fee = *feeAmount;
  out.subtracted = *subtractedAmount;
  return out;
}

Result<Selection> selectFrom(const SelectionRequest& request,
                             const std::vector<Candidate>& pool,
                             const Costs& costs,
                             const RandomBelow& random) {
  Result<Selection> best = Error::INSUFFICIENT_FUNDS;
  auto consider = [&](const std::optional<Chosen>& chosen, Algorithm algorithm) {
    if (!chosen || chosen->empty()) return;
    auto next = complete(request, pool, costs, *chosen, algorithm);
    // The earlier algorithm stays when the waste is equal.
    if (best ? next && next->waste < best->waste
             : next || best.error() == Error::INSUFFICIENT_FUNDS)
      best = std::move(next);
  };
  consider(branchAndBound(pool, costs), Algorithm::BRANCH_AND_BOUND);
  consider(singleRandomDraw(pool, costs, random), Algorithm::SINGLE_RANDOM_DRAW);
  consider(largestFirst(pool, costs), Algorithm::LARGEST_FIRST);
  return best;
}

}  // namespace

Result<Selection> selectCoins(const SelectionRequest& request, const RandomBelow& random) {
  auto costs = costsOf(request);
  if (!costs) return costs.error();
  Result<Selection> out = Error::INSUFFICIENT_FUNDS;
  for (bool unconfirmedToo : {false, true}) {
    auto pool = candidatesOf(request, unconfirmedToo);
    if (!pool) return pool.error();
    out = selectFrom(request, *pool, *costs, random);
    if (out) return out;
  }
  return out;
}

}  // namespace sallyport::bitcoin
