// ECDSA over secp256k1 with libsecp256k1. Secrets stay in the caller's memory. Part of
// `bitcoin_keys`.
#pragma once

#include <optional>

#include "broker/bitcoin/hash.h"
#include "broker/bitcoin/hd.h"
#include "broker/bitcoin/keys/context.h"

namespace sallyport::bitcoin::keys {

Result<PublicKey> publicKey(const Context& context, std::span<const std::uint8_t, 32> secret);

// RFC 6979, low S, and R below 2^255 (at most 71 bytes of DER), verified before it is returned.
// Without extra entropy the same as Bitcoin Core's. DER, without the hash type byte that goes
// behind it in a script.
Result<Bytes> signEcdsa(
    const Context& context,
    std::span<const std::uint8_t, 32> secret,
    const Digest32& digest,
    std::optional<std::span<const std::uint8_t, 32>> extraEntropy = std::nullopt);

// The signature when it verifies for this key and digest, else BAD_SIGNATURE: a fault while signing
// could tell the key, so signEcdsa lets no other out.
Result<Bytes> ifSound(const Context& context, ByteView key, const Digest32& digest, Bytes der);

// Strict DER and low S; `key` compressed or not.
bool verifyEcdsa(const Context& context, ByteView key, const Digest32& digest, ByteView der);

}  // namespace sallyport::bitcoin::keys
