// libsecp256k1's schnorrsig and extrakeys; key pairs are wiped on every way out.
#include "broker/bitcoin/keys/schnorr.h"

#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

namespace sallyport::bitcoin::keys {
namespace {

class KeyPair {
 public:
  KeyPair() = default;
  ~KeyPair() { wipe(m_pair.data); }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  secp256k1_keypair* get() { return &m_pair; }

 private:
  secp256k1_keypair m_pair;
};

Digest32 tweakOf(std::span<const std::uint8_t, 32> internalKey,
                 const std::optional<Digest32>& merkleRoot) {
  Bytes all = toBytes(internalKey);
  if (merkleRoot) append(all, *merkleRoot);
  return taggedHash("TapTweak", all);
}

Result<XOnlyKey> xOnlyOf(const Context& context, const secp256k1_keypair* pair) {
  secp256k1_xonly_pubkey point;
  XOnlyKey out;
  if (secp256k1_keypair_xonly_pub(context.get(), &point, nullptr, pair) != 1) return Error::BAD_KEY;
  secp256k1_xonly_pubkey_serialize(context.get(), out.data(), &point);
  return out;
}

Result<SchnorrSignature> signWith(const Context& context,
                                  const secp256k1_keypair* pair,
                                  const Digest32& message,
                                  std::span<const std::uint8_t, 32> auxiliary) {
  SchnorrSignature out;
  auto key = xOnlyOf(context, pair);
  if (!key) return key.error();
  if (secp256k1_schnorrsig_sign32(
          context.get(), out.data(), message.data(), pair, auxiliary.data()) != 1 ||
      !verifySchnorr(context, *key, message, out))
    return Error::BAD_SIGNATURE;
  return out;
}

}  // namespace

Result<XOnlyKey> xOnlyKey(const Context& context, std::span<const std::uint8_t, 32> secret) {
  KeyPair pair;
  if (secp256k1_keypair_create(context.get(), pair.get(), secret.data()) != 1)
    return Error::BAD_KEY;
  return xOnlyOf(context, pair.get());
}

Result<TaprootOutput> taprootOutput(const Context& context,
                                    std::span<const std::uint8_t, 32> internalKey,
                                    std::optional<Digest32> merkleRoot) {
  secp256k1_xonly_pubkey internal;
  if (secp256k1_xonly_pubkey_parse(context.get(), &internal, internalKey.data()) != 1)
    return Error::BAD_KEY;
  auto tweak = tweakOf(internalKey, merkleRoot);
  secp256k1_pubkey tweaked;
  secp256k1_xonly_pubkey output;
  int parity = 0;
  if (secp256k1_xonly_pubkey_tweak_add(context.get(), &tweaked, &internal, tweak.data()) != 1 ||
      secp256k1_xonly_pubkey_from_pubkey(context.get(), &output, &parity, &tweaked) != 1)
    return Error::BAD_KEY;
  TaprootOutput out;
  out.odd = parity != 0;
  secp256k1_xonly_pubkey_serialize(context.get(), out.key.data(), &output);
  return out;
}

Result<SchnorrSignature> signSchnorr(const Context& context,
                                     std::span<const std::uint8_t, 32> secret,
                                     const Digest32& message,
                                     std::span<const std::uint8_t, 32> auxiliary) {
  KeyPair pair;
  if (secp256k1_keypair_create(context.get(), pair.get(), secret.data()) != 1)
    return Error::BAD_KEY;
  return signWith(context, pair.get(), message, auxiliary);
}

Result<SchnorrSignature> signTaproot(const Context& context,
                                     std::span<const std::uint8_t, 32> secret,
                                     std::optional<Digest32> merkleRoot,
                                     const Digest32& message,
                                     std::span<const std::uint8_t, 32> auxiliary) {
  KeyPair pair;
  if (secp256k1_keypair_create(context.get(), pair.get(), secret.data()) != 1)
    return Error::BAD_KEY;
  auto internal = xOnlyOf(context, pair.get());
  if (!internal) return internal.error();
  auto tweak = tweakOf(*internal, merkleRoot);
  if (secp256k1_keypair_xonly_tweak_add(context.get(), pair.get(), tweak.data()) != 1)
    return Error::BAD_KEY;
  return signWith(context, pair.get(), message, auxiliary);
}

bool verifySchnorr(const Context& context,
                   std::span<const std::uint8_t, 32> key,
                   const Digest32& message,
                   std::span<const std::uint8_t, 64> signature) {
  secp256k1_xonly_pubkey point;
  if (secp256k1_xonly_pubkey_parse(context.get(), &point, key.data()) != 1) return false;
  return secp256k1_schnorrsig_verify(
             context.get(), signature.data(), message.data(), message.size(), &point) == 1;
}

}  // namespace sallyport::bitcoin::keys
