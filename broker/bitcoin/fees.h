// Fee rates, sizes of inputs and outputs before they are signed, and dust. Part of the pure library
// `bitcoin`.
#pragma once

#include "broker/bitcoin/script.h"
#include "broker/bitcoin/transaction.h"

namespace sallyport::bitcoin {

class FeeRate {
 public:
  static constexpr std::int64_t MAX_PER_KVB = 2'000'000;  // 2,000 sat/vB: nobody means to pay more

  constexpr FeeRate() = default;
  static constexpr Result<FeeRate> perKvb(std::int64_t satoshis) {
    if (satoshis < 0 || satoshis > MAX_PER_KVB) return Error::AMOUNT_RANGE;
    return FeeRate(satoshis);
  }

  constexpr std::int64_t perKvb() const { return m_perKvb; }
  constexpr std::int64_t fee(std::size_t vsize) const {  // rounded up
    return (m_perKvb * static_cast<std::int64_t>(vsize) + 999) / 1000;
  }
  constexpr auto operator<=>(const FeeRate&) const = default;

 private:
  explicit constexpr FeeRate(std::int64_t perKvb) : m_perKvb(perKvb) {}
  std::int64_t m_perKvb = 0;
};

// What we can spend. P2SH means P2SH-P2WPKH.
Result<std::size_t> inputWeight(ScriptType type);
std::size_t outputWeight(std::size_t scriptSize);
// Everything but inputs and outputs themselves.
std::size_t overheadWeight(std::size_t inputs, std::size_t outputs);

constexpr std::size_t vsizeOf(std::size_t weight) { return (weight + 3) / 4; }

// Below this an output is not relayed: spending it would cost more than a third of it at 1 sat/vB
// (294 for P2WPKH, 330 for P2TR).
std::int64_t dustLimit(ByteView script);

}  // namespace sallyport::bitcoin
