// What is in the database: wallets with their sealed seeds, and the broker's rows. Runs in the
// vault, exists only while it is unlocked; destroying it closes the file and wipes the keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/vault/header.h"
#include "broker/vault/outcome.h"
#include "broker/vault/sql.h"
#include "broker/vault/state-dir.h"

namespace sallyport::vault {

struct Wallet {
  std::string id;  // 16 lower-case hex digits
  std::string name;
  proto::Network network;
  proto::ScriptType scriptType;
  std::array<std::uint8_t, 4> masterFingerprint;
  std::string accountPath;  // "m/84'/1'/0'"
  std::string accountXpub;
  bool backedUp = false;
  std::uint64_t createdAt = 0;
};

struct RecordRow {
  std::string key;
  Bytes value;
};

class WalletStore {
 public:
  static constexpr const char* FILE_NAME = "vault.db";
  // A reply holds at most this much, whatever `limit` says; at least one row.
  static constexpr std::size_t MAX_REPLY_BYTES = 4 << 20;

  // create: makes the tables in a fresh file. Throws for a wrong key, damage, or a header that is
  // older than one the database has seen (an old passphrase brought back).
  WalletStore(StateDir& dir, const Header& header, Keyring keyring, bool create);

  const Keyring& keyring() const { return m_keyring; }
  // After a rewrap: headers older than this one are refused from now on.
  void rememberGeneration(std::uint32_t generation);

  std::vector<Wallet> list();
  std::optional<Wallet> find(std::string_view id);
  // Durable on return. `entropy` is what the words stand for; sealed to the id.
  Outcome<Done> add(const Wallet& wallet, const SecretBuffer& entropy);
  void markBackedUp(std::string_view id);
  // Throws when the sealed bytes are not what was stored for this wallet.
  SecretBuffer entropy(std::string_view id);

  std::vector<RecordRow> records(std::string_view walletId,
                                 std::string_view prefix,
                                 std::string_view after,
                                 std::uint32_t limit);
  // All or none, durable on return. LIMIT past maxRecords.
  Outcome<Done> putRecords(std::string_view walletId, const std::vector<RecordRow>& rows);

  // For the rows of an app's pages (app-records.h), which belong to no wallet.
  Sql& sql() { return m_sql; }

 private:
  Keyring m_keyring;
  Sql m_sql;
};

std::string randomWalletId();

}  // namespace sallyport::vault
