#include "broker/vault/seal.h"

#include <sodium.h>

namespace sallyport::vault {

static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(SEAL_OVERHEAD == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                   crypto_aead_xchacha20poly1305_ietf_ABYTES);

namespace {
constexpr std::size_t NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
}  // namespace

Bytes seal(const SecretBuffer& key,
           std::span<const std::uint8_t> secret,
           std::span<const std::uint8_t> associated) {
  if (key.size() != KEY_SIZE) abortVault("seal: key of a wrong size");
  Bytes sealed(secret.size() + SEAL_OVERHEAD);
  randombytes_buf(sealed.data(), NONCE_SIZE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + NONCE_SIZE,
                                             nullptr,
                                             secret.data(),
                                             secret.size(),
                                             associated.data(),
                                             associated.size(),
                                             nullptr,
                                             sealed.data(),
                                             key.bytes().data());
  return sealed;
}

std::optional<SecretBuffer> unseal(const SecretBuffer& key,
                                   std::span<const std::uint8_t> sealed,
                                   std::span<const std::uint8_t> associated) {
  if (key.size() != KEY_SIZE) abortVault("unseal: key of a wrong size");
  if (sealed.size() <= SEAL_OVERHEAD || sealed.size() - SEAL_OVERHEAD > SecretBuffer::MAX_SIZE) {
    return std::nullopt;
  }
  SecretBuffer secret(sealed.size() - SEAL_OVERHEAD);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret.bytes().data(),
                                                 nullptr,
                                                 nullptr,
                                                 sealed.data() + NONCE_SIZE,
                                                 sealed.size() - NONCE_SIZE,
                                                 associated.data(),
                                                 associated.size(),
                                                 sealed.data(),
                                                 key.bytes().data()) != 0) {
    return std::nullopt;
  }
  return secret;
}

}  // namespace sallyport::vault
