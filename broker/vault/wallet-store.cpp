#include "broker/vault/wallet-store.h"

#include <kj/debug.h>
#include <sodium.h>

#include <algorithm>

namespace sallyport::vault {
namespace {

constexpr std::int64_t SCHEMA_VERSION = 1;
constexpr std::int64_t SEED_VERSION = 1;

constexpr const char* TABLES =
    "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE wallet(id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
    " network INTEGER NOT NULL, script_type INTEGER NOT NULL, fingerprint BLOB NOT NULL,"
    " account_path TEXT NOT NULL, account_xpub TEXT NOT NULL, backed_up INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, seed_version INTEGER NOT NULL, sealed_seed BLOB NOT NULL,"
    " records INTEGER NOT NULL);"
    "CREATE TABLE record(wallet TEXT NOT NULL REFERENCES wallet(id), key BLOB NOT NULL,"
    " value BLOB NOT NULL, PRIMARY KEY(wallet, key)) WITHOUT ROWID;";

constexpr const char* WALLET_COLUMNS =
    "SELECT id, name, network, script_type, fingerprint, account_path, account_xpub, backed_up,"
    " created_at FROM wallet";

std::span<const std::uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A sealed seed opens only as the seed of its own wallet and in its own version.
Bytes seedBinding(std::string_view id, std::int64_t version) {
  const std::string text =
      "sallyport wallet seed|" + std::to_string(version) + "|" + std::string(id);
  return {text.begin(), text.end()};
}

Wallet readWallet(const Statement& row) {
  Wallet wallet;
  wallet.id = row.text(0);
  wallet.name = row.text(1);
  wallet.network = static_cast<proto::Network>(row.integer(2));
  wallet.scriptType = static_cast<proto::ScriptType>(row.integer(3));
  const auto fingerprint = row.blob(4);
  KJ_REQUIRE(fingerprint.size() == wallet.masterFingerprint.size());
  std::ranges::copy(fingerprint, wallet.masterFingerprint.begin());
  wallet.accountPath = row.text(5);
  wallet.accountXpub = row.text(6);
  wallet.backedUp = row.integer(7) != 0;
  wallet.createdAt = static_cast<std::uint64_t>(row.integer(8));
  return wallet;
}

// SQLCipher's files must be as private as ours before they are opened by path.
SqlOptions openOptions(StateDir& dir, const Header& header, bool create) {
  const std::string wal = std::string(WalletStore::FILE_NAME) + "-wal";
  KJ_REQUIRE(create || dir.has(WalletStore::FILE_NAME), "vault.db is missing beside its header");
  if (create) dir.createEmpty(WalletStore::FILE_NAME);  // SQLite gives its log the same mode
  dir.verify(WalletStore::FILE_NAME);
  dir.verify(wal.c_str());
  return {dir.pathOf(WalletStore::FILE_NAME), header.cipherFormat, create};
}

}  // namespace

WalletStore::WalletStore(StateDir& dir, const Header& header, Keyring keyring, bool create)
    : m_keyring(kj::mv(keyring)), m_sql(openOptions(dir, header, create), m_keyring.databaseKey) {
  if (create) {
    Transaction transaction(m_sql);
    m_sql.execute(TABLES);
    Statement(m_sql, "INSERT INTO meta VALUES('schema', ?), ('generation', ?)")
        .bind(SCHEMA_VERSION)
        .bind(std::int64_t{header.generation})
        .run();
    transaction.commit();
    dir.sync();
    return;
  }
  KJ_REQUIRE(m_sql.integer("SELECT value FROM meta WHERE key='schema'") == SCHEMA_VERSION,
             "the database is of another version");
  const auto seen = m_sql.integer("SELECT value FROM meta WHERE key='generation'");
  KJ_REQUIRE(header.generation >= seen,
             "vault.header is older than the database: put back by hand?");
  if (header.generation > seen) rememberGeneration(header.generation);
}

void WalletStore::rememberGeneration(std::uint32_t generation) {
  Statement(m_sql, "UPDATE meta SET value=? WHERE key='generation'")
      .bind(std::int64_t{generation})
      .run();
}

std::vector<Wallet> WalletStore::list() {
  std::vector<Wallet> wallets;
  Statement query(m_sql, (std::string(WALLET_COLUMNS) + " ORDER BY created_at, id").c_str());
  while (query.step()) wallets.push_back(readWallet(query));
  return wallets;
}

std::optional<Wallet> WalletStore::find(std::string_view id) {
  Statement query(m_sql, (std::string(WALLET_COLUMNS) + " WHERE id=?").c_str());
  query.bind(id);
  if (!query.step()) return std::nullopt;
  return readWallet(query);
}

Outcome<Done> WalletStore::add(const Wallet& wallet, const SecretBuffer& entropy) {
  Transaction transaction(m_sql);
  if (m_sql.integer("SELECT count(*) FROM wallet") >= std::int64_t{proto::MAX_WALLETS}) {
    return Failure::LIMIT;
  }
  const Bytes sealed =
      seal(m_keyring.recordKey, entropy.bytes(), seedBinding(wallet.id, SEED_VERSION));
  Statement(m_sql, "INSERT INTO wallet VALUES(?,?,?,?,?,?,?,?,?,?,?,0)")
      .bind(wallet.id)
      .bind(wallet.name)
      .bind(static_cast<std::int64_t>(wallet.network))
      .bind(static_cast<std::int64_t>(wallet.scriptType))
      .bind(std::span<const std::uint8_t>(wallet.masterFingerprint))
      .bind(wallet.accountPath)
      .bind(wallet.accountXpub)
      .bind(std::int64_t{wallet.backedUp})
      .bind(static_cast<std::int64_t>(wallet.createdAt))
      .bind(SEED_VERSION)
      .bind(std::span<const std::uint8_t>(sealed))
      .run();
  transaction.commit();
  return Done{};
}

void WalletStore::markBackedUp(std::string_view id) {
  Statement(m_sql, "UPDATE wallet SET backed_up=1 WHERE id=?").bind(id).run();
}

SecretBuffer WalletStore::entropy(std::string_view id) {
  Statement query(m_sql, "SELECT seed_version, sealed_seed FROM wallet WHERE id=?");
  query.bind(id);
  KJ_REQUIRE(query.step(), "no such wallet");
  auto entropy = unseal(m_keyring.recordKey, query.blob(1), seedBinding(id, query.integer(0)));
  KJ_REQUIRE(entropy.has_value(), "a sealed seed does not belong to its wallet");
  return kj::mv(*entropy);
}

std::vector<RecordRow> WalletStore::records(std::string_view walletId,
                                            std::string_view prefix,
                                            std::string_view after,
                                            std::uint32_t limit) {
  std::vector<RecordRow> rows;
  std::size_t size = 0;
  // Rows come in byte order, so all keys of a prefix are neighbours: start there, stop past them.
  Statement query(m_sql,
                  "SELECT key, value FROM record WHERE wallet=?1 AND key>=?2 AND key>?3"
                  " ORDER BY key LIMIT ?4");
  query.bind(walletId).bind(bytesOf(prefix)).bind(bytesOf(after)).bind(std::int64_t{limit});
  while (query.step()) {
    const auto value = query.blob(1);
    RecordRow row{query.text(0), Bytes(value.begin(), value.end())};
    if (!row.key.starts_with(prefix)) break;
    size += row.key.size() + row.value.size();
    if (size > MAX_REPLY_BYTES && !rows.empty()) break;
    rows.push_back(kj::mv(row));
  }
  return rows;
}

Outcome<Done> WalletStore::putRecords(std::string_view walletId,
                                      const std::vector<RecordRow>& rows) {
  Transaction transaction(m_sql);
  Statement count(m_sql, "SELECT records FROM wallet WHERE id=?");
  if (!count.bind(walletId).step()) return Failure::NO_SUCH_WALLET;
  std::int64_t records = count.integer(0);
  count.reset();
  Statement exists(m_sql, "SELECT 1 FROM record WHERE wallet=? AND key=?");
  Statement insert(m_sql, "INSERT OR REPLACE INTO record VALUES(?,?,?)");
  Statement erase(m_sql, "DELETE FROM record WHERE wallet=? AND key=?");
  for (const auto& row : rows) {
    const bool was = exists.bind(walletId).bind(bytesOf(row.key)).step();
    exists.reset();
    const bool becomes = !row.value.empty();
    Statement& statement = becomes ? insert : erase;
    statement.bind(walletId).bind(bytesOf(row.key));
    if (becomes) statement.bind(std::span<const std::uint8_t>(row.value));
    statement.run();
    statement.reset();
    records += std::int64_t{becomes} - std::int64_t{was};
  }
  if (records > std::int64_t{proto::MAX_RECORDS}) return Failure::LIMIT;
  Statement(m_sql, "UPDATE wallet SET records=? WHERE id=?").bind(records).bind(walletId).run();
  transaction.commit();
  return Done{};
}

std::string randomWalletId() {
  std::array<std::uint8_t, 8> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 17> hex;
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

}  // namespace sallyport::vault
