// BIP340 signatures and BIP341 output keys with libsecp256k1. Part of `bitcoin_keys`.
#pragma once

#include <optional>

#include "broker/bitcoin/hash.h"
#include "broker/bitcoin/keys/context.h"

namespace sallyport::bitcoin::keys {

using XOnlyKey = std::array<std::uint8_t, 32>;
using SchnorrSignature = std::array<std::uint8_t, 64>;

struct TaprootOutput {
  XOnlyKey key{};
  bool odd = false;
};

Result<XOnlyKey> xOnlyKey(const Context& context, std::span<const std::uint8_t, 32> secret);

// The output key of an internal key, without a script tree or with its root.
Result<TaprootOutput> taprootOutput(const Context& context,
                                    std::span<const std::uint8_t, 32> internalKey,
                                    std::optional<Digest32> merkleRoot = std::nullopt);

// Verified before it is returned. `auxiliary`: 32 fresh random bytes.
Result<SchnorrSignature> signSchnorr(const Context& context,
                                     std::span<const std::uint8_t, 32> secret,
                                     const Digest32& message,
                                     std::span<const std::uint8_t, 32> auxiliary);
// With the secret of the internal key, tweaked for the output key.
Result<SchnorrSignature> signTaproot(const Context& context,
                                     std::span<const std::uint8_t, 32> secret,
                                     std::optional<Digest32> merkleRoot,
                                     const Digest32& message,
                                     std::span<const std::uint8_t, 32> auxiliary);

bool verifySchnorr(const Context& context,
                   std::span<const std::uint8_t, 32> key,
                   const Digest32& message,
                   std::span<const std::uint8_t, 64> signature);

}  // namespace sallyport::bitcoin::keys
