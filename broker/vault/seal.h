// XChaCha20-Poly1305 with a random nonce: nonce || ciphertext || tag. Runs in the vault; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "broker/vault/secret-buffer.h"

namespace sallyport::vault {

constexpr std::size_t KEY_SIZE = 32;
constexpr std::size_t SEAL_OVERHEAD = 24 + 16;

using Bytes = std::vector<std::uint8_t>;

Bytes seal(const SecretBuffer& key,
           std::span<const std::uint8_t> secret,
           std::span<const std::uint8_t> associated);

// Null when the key, the associated data or any sealed byte differs.
std::optional<SecretBuffer> unseal(const SecretBuffer& key,
                                   std::span<const std::uint8_t> sealed,
                                   std::span<const std::uint8_t> associated);

}  // namespace sallyport::vault
