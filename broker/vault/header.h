// vault.header: the key derivation's parameters and the wrapped keys. Runs in the vault. Every
// field is associated data of the wrap, so a changed one fails like a wrong passphrase; parameters
// below the floor are refused before anything is derived.
#pragma once

#include <cstdint>
#include <span>

#include "broker/vault/key-derivation.h"
#include "broker/vault/outcome.h"
#include "broker/vault/seal.h"

namespace sallyport::vault {

// The keys that a passphrase opens. They stay the same when the passphrase changes.
struct Keyring {
  SecretBuffer databaseKey;  // raw key of SQLCipher
  SecretBuffer recordKey;    // seals each wallet's seed once more

  static Keyring generate();
};

struct Header {
  static constexpr const char* FILE_NAME = "vault.header";
  static constexpr std::size_t MAX_SIZE = 512;

  std::uint32_t generation = 1;   // +1 with every rewrap; the database remembers the highest
  std::uint8_t cipherFormat = 3;  // SQLCipher's file format (its major version)
  KdfParameters kdf;
  Bytes wrapped;

  // Seals the keyring under `key` and keeps the result in `wrapped`.
  void wrap(const SecretBuffer& key, const Keyring& keyring);
  // WRONG_PASSPHRASE when the key, or any field of the header, is not what was sealed.
  Outcome<Keyring> unwrap(const SecretBuffer& key) const;

  Bytes encode() const;
  // STORAGE for a file that is damaged, of another version, or outside the policy.
  static Outcome<Header> decode(std::span<const std::uint8_t> file, const KdfPolicy& policy);
};

}  // namespace sallyport::vault
