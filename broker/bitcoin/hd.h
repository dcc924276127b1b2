// BIP32 for those without keys: paths, extended public keys and their children. Part of the pure
// library `bitcoin`; the private half is in keys/private-node.h.
#pragma once

#include "broker/bitcoin/address.h"

namespace sallyport::bitcoin {

inline constexpr std::uint32_t HARDENED_BIT = 0x80000000;
inline constexpr std::size_t MAX_PATH_STEPS = 32;

constexpr std::uint32_t hardened(std::uint32_t index) { return index | HARDENED_BIT; }

using Path = std::vector<std::uint32_t>;
using PublicKey = std::array<std::uint8_t, 33>;  // compressed
using Fingerprint = std::array<std::uint8_t, 4>;

// "m", "m/84'/1'/0'", "84h/1h/0h/0/3"; written back with ' and the leading m.
Result<Path> parsePath(std::string_view text);
std::string formatPath(const Path& path);

// A compressed key that is a point of the curve.
Result<PublicKey> parsePublicKey(ByteView bytes);
Fingerprint fingerprintOf(const PublicKey& key);

struct ExtendedPublicKey {
  std::uint8_t depth = 0;
  Fingerprint parent{};
  std::uint32_t index = 0;
  std::array<std::uint8_t, 32> chainCode{};
  PublicKey key{};

  bool operator==(const ExtendedPublicKey&) const = default;

  // xpub on mainnet, tpub on the others. WRONG_NETWORK for the other of the two and for private
  // keys' versions.
  static Result<ExtendedPublicKey> parse(std::string_view text, Network network);
  std::string encode(Network network) const;

  Result<ExtendedPublicKey> child(std::uint32_t index) const;  // HARDENED for hardened indexes
  Result<ExtendedPublicKey> derive(const Path& path) const;
  Bytes p2wpkhScript() const { return bitcoin::p2wpkhScript(hash160(key)); }
};

}  // namespace sallyport::bitcoin
