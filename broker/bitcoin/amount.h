// Amounts: integer satoshis between 0 and 21 million bitcoin, never anything else. Part of the pure
// library `bitcoin`.
#pragma once

#include <compare>
#include <cstdint>

#include "broker/bitcoin/result.h"

namespace sallyport::bitcoin {

class Amount {
 public:
  static constexpr std::int64_t COIN = 100'000'000;
  static constexpr std::int64_t MAX_SATOSHIS = 21'000'000 * COIN;

  constexpr Amount() = default;
  static constexpr Result<Amount> of(std::int64_t satoshis) {
    if (satoshis < 0 || satoshis > MAX_SATOSHIS) return Error::AMOUNT_RANGE;
    return Amount(satoshis);
  }

  constexpr std::int64_t satoshis() const { return m_satoshis; }
  // Both operands are in range, so neither sum nor difference can overflow 64 bits.
  constexpr Result<Amount> plus(Amount other) const { return of(m_satoshis + other.m_satoshis); }
  constexpr Result<Amount> minus(Amount other) const { return of(m_satoshis - other.m_satoshis); }

  constexpr auto operator<=>(const Amount&) const = default;

 private:
  explicit constexpr Amount(std::int64_t satoshis) : m_satoshis(satoshis) {}
  std::int64_t m_satoshis = 0;
};

}  // namespace sallyport::bitcoin
