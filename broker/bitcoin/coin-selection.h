// Which coins pay for a transaction: branch and bound for an exact match, single random draw,
// largest first; the least waste wins. A pure function: randomness comes in. Part of the pure
// library `bitcoin`.
#pragma once

#include <functional>

#include "broker/bitcoin/fees.h"

namespace sallyport::bitcoin {

struct Coin {
  Amount value;
  ScriptType type = ScriptType::P2WPKH;
  std::uint32_t confirmations = 0;  // 0: own change, used only when confirmed coins do not suffice
};

enum class Algorithm : std::uint8_t { BRANCH_AND_BOUND, SINGLE_RANDOM_DRAW, LARGEST_FIRST };

struct SelectionRequest {
  std::vector<Coin>
      coins;  // only those that may be spent: no foreign unconfirmed, immature or frozen ones
  std::vector<TxOut> outputs;
  FeeRate feeRate;
  FeeRate longTermFeeRate = *FeeRate::perKvb(10'000);  // what spending the change later will cost
  Bytes changeScript;                                  // or any script of its type and size
  bool subtractFee = false;                            // the outputs pay the fee
};

struct Selection {
  std::vector<std::size_t> inputs;  // indexes of coins, ascending
  Amount change;                    // zero: no change output
  Amount fee;
  Amount subtracted;  // with subtractFee: what the outputs together get less
  std::int64_t waste = 0;
  Algorithm algorithm = Algorithm::LARGEST_FIRST;
};

// A number below `limit`, evenly.
using RandomBelow = std::function<std::uint64_t(std::uint64_t limit)>;

inline constexpr int BRANCH_AND_BOUND_TRIES = 100'000;
inline constexpr std::size_t MAX_STANDARD_WEIGHT = 400'000;

// INSUFFICIENT_FUNDS; NOT_SUPPORTED for a coin type that we cannot spend; TOO_LARGE when only a
// transaction over the standard weight would do; AMOUNT_RANGE.
Result<Selection> selectCoins(const SelectionRequest& request, const RandomBelow& random);

}  // namespace sallyport::bitcoin
