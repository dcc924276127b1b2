// Signing and verifying. The nonce function is libsecp256k1's own.
#include "broker/bitcoin/keys/ecdsa.h"

#include <secp256k1.h>

#include <algorithm>
#include <utility>

namespace sallyport::bitcoin::keys {
namespace {

constexpr std::size_t MAX_DER_BYTES = 72;
constexpr std::uint32_t MAX_GRINDS = 1000;  // each succeeds with one half

bool hasLowR(const Context& context, const secp256k1_ecdsa_signature& signature) {
  std::array<std::uint8_t, 64> compact;
  secp256k1_ecdsa_signature_serialize_compact(context.get(), compact.data(), &signature);
  return compact[0] < 0x80;
}

}  // namespace

Result<PublicKey> publicKey(const Context& context, std::span<const std::uint8_t, 32> secret) {
  secp256k1_pubkey point;
  if (secp256k1_ec_pubkey_create(context.get(), &point, secret.data()) != 1) return Error::BAD_KEY;
  PublicKey out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(context.get(), out.data(), &size, &point, SECP256K1_EC_COMPRESSED);
  return out;
}

Result<Bytes> signEcdsa(const Context& context,
                        std::span<const std::uint8_t, 32> secret,
                        const Digest32& digest,
                        std::optional<std::span<const std::uint8_t, 32>> extraEntropy) {
  std::array<std::uint8_t, 32> extra{};
  Wiper wiper(extra);
  if (extraEntropy) std::copy(extraEntropy->begin(), extraEntropy->end(), extra.begin());
  secp256k1_ecdsa_signature signature;
  for (std::uint32_t counter = 0; counter < MAX_GRINDS; ++counter) {
    for (unsigned i = 0; i < 4 && counter > 0; ++i)
      extra[i] = static_cast<std::uint8_t>(counter >> 8 * i & 0xff);
    // The first try without extra data, as Core does; so the signatures are the same.
    const auto* data = counter == 0 && !extraEntropy ? nullptr : extra.data();
    if (secp256k1_ecdsa_sign(context.get(),
                             &signature,
                             digest.data(),
                             secret.data(),
                             secp256k1_nonce_function_rfc6979,
                             data) != 1)
      return Error::BAD_KEY;
    if (hasLowR(context, signature)) break;
  }
  Bytes der(MAX_DER_BYTES);
  std::size_t size = der.size();
  if (secp256k1_ecdsa_signature_serialize_der(context.get(), der.data(), &size, &signature) != 1)
    return Error::BAD_SIGNATURE;
  der.resize(size);
  const auto key = publicKey(context, secret);
  if (!key) return key.error();
  return ifSound(context, *key, digest, std::move(der));
}

Result<Bytes> ifSound(const Context& context, ByteView key, const Digest32& digest, Bytes der) {
  if (!verifyEcdsa(context, key, digest, der)) return Error::BAD_SIGNATURE;
  return der;
}

bool verifyEcdsa(const Context& context, ByteView key, const Digest32& digest, ByteView der) {
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature signature;
  // The hybrid form (06, 07) is a valid point to the library, but not standard.
  if (key.empty() || key[0] == 6 || key[0] == 7) return false;
  if (secp256k1_ec_pubkey_parse(context.get(), &point, key.data(), key.size()) != 1) return false;
  if (secp256k1_ecdsa_signature_parse_der(context.get(), &signature, der.data(), der.size()) != 1)
    return false;
  return secp256k1_ecdsa_verify(context.get(), &signature, digest.data(), &point) == 1;
}

}  // namespace sallyport::bitcoin::keys
