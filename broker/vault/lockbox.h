// The vault's one secret state: no passphrase yet, locked, or unlocked with the database open.
// Every passphrase check goes through here and so through the back-off. Runs in the vault.
#pragma once

#include <optional>

#include "broker/vault/attempts.h"
#include "broker/vault/header.h"
#include "broker/vault/key-derivation.h"
#include "broker/vault/outcome.h"
#include "broker/vault/wallet-store.h"

namespace sallyport::vault {

class Lockbox {
 public:
  Lockbox(StateDir& dir, const Clock& clock, KdfPolicy policy);

  bool initialized() const { return m_dir.has(Header::FILE_NAME); }
  bool locked() const { return !m_store.has_value(); }
  const Attempts& attempts() const { return m_attempts; }
  // Null while locked. Look it up again after every wait: a lock may have come between.
  WalletStore* store() { return m_store ? &*m_store : nullptr; }

  // NFKD is not applied: the bytes as typed. Valid UTF-8, 8 characters or more when chosen.
  static bool acceptable(const SecretBuffer& passphrase);

  // First passphrase: makes keys, database and header, and leaves the vault unlocked.
  Promised<Done> create(SecretBuffer passphrase);
  // Checks the passphrase, counted as an attempt, and unlocks when locked. BACKOFF while one must
  // wait.
  Promised<Done> open(SecretBuffer passphrase);
  // Rewraps the same keys; LOCKED when locked.
  Promised<Done> change(SecretBuffer passphrase);
  // Wipes the keys and closes the database; what is being derived comes to nothing (DECLINED).
  void lock();

 private:
  Outcome<Header> loadHeader() const;
  Outcome<Done> finishOpen(const Header& header, const KeyDeriver::Derived& derived);

  StateDir& m_dir;
  Attempts m_attempts;
  KeyDeriver m_deriver;
  std::optional<WalletStore> m_store;
  std::uint64_t m_locks = 0;
};

}  // namespace sallyport::vault
