// Byte strings, hashes by kind, and hex. Part of the pure library `bitcoin`.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/bitcoin/result.h"

namespace sallyport::bitcoin {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

inline Bytes toBytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

inline ByteView asBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string toHex(ByteView bytes);
// Even number of digits, both cases, nothing else.
Result<Bytes> fromHex(std::string_view text);

// 32 bytes that are shown in reverse, as the whole field does for these. One type a kind, so that a
// txid cannot be given where a block hash belongs.
template <typename Kind>
struct HashOf {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const HashOf&) const = default;
  std::string hex() const {
    std::array<std::uint8_t, 32> reversed;
    for (std::size_t i = 0; i < 32; ++i) reversed[i] = bytes[31 - i];
    return toHex(reversed);
  }
  static Result<HashOf> parse(std::string_view text) {
    auto raw = fromHex(text);
    if (!raw) return raw.error();
    if (raw->size() != 32) return Error::BAD_HEX;
    HashOf out;
    for (std::size_t i = 0; i < 32; ++i) out.bytes[i] = (*raw)[31 - i];
    return out;
  }
  bool isZero() const { return *this == HashOf{}; }
};

using Txid = HashOf<struct TxidKind>;
using Wtxid = HashOf<struct WtxidKind>;
using BlockHash = HashOf<struct BlockHashKind>;
using MerkleHash = HashOf<struct MerkleHashKind>;

}  // namespace sallyport::bitcoin
