#include "broker/vault/sql.h"

// The declarations of sqlite3_key are behind this switch in SQLCipher's own header.
#ifndef SQLITE_HAS_CODEC
#define SQLITE_HAS_CODEC 1
#endif
#include <kj/debug.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlcipher/sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace sallyport::vault {
namespace {

void check(int code, const char* what) {
  KJ_REQUIRE(
      code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW, "database", what, code);
}

void* orEnd(void* memory, std::size_t size) {
  if (memory == nullptr && size > 0) abortVault("no memory for the database's cipher");
  return memory;
}

// SQLCipher does not look at each allocation of its cipher: where one fails, it writes a page that
// nobody can read again. The vault ends before that, and what it had is whole. False: the library
// has begun to work already.
bool endWithoutCipherMemory() {
  return CRYPTO_set_mem_functions(
             [](std::size_t size, const char*, int) { return orEnd(std::malloc(size), size); },
             [](void* old, std::size_t size, const char*, int) {
               return orEnd(std::realloc(old, size), size);
             },
             [](void* memory, const char*, int) { std::free(memory); }) == 1;
}

// SQLCipher takes 32 raw bytes for a passphrase; only x'64 hex digits' is a raw key.
SecretBuffer rawKeyLiteral(const SecretBuffer& key) {
  KJ_REQUIRE(key.size() == KEY_SIZE);
  char hex[2 * KEY_SIZE + 1];
  sodium_bin2hex(hex, sizeof hex, key.bytes().data(), key.size());
  SecretBuffer literal(2 * KEY_SIZE + 3);
  auto out = literal.bytes();
  out[0] = 'x';
  out[1] = '\'';
  std::copy(hex, hex + 2 * KEY_SIZE, out.begin() + 2);
  out[out.size() - 1] = '\'';
  sodium_memzero(hex, sizeof hex);
  return literal;
}

}  // namespace

void Sql::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Sql::Sql(const SqlOptions& options, const SecretBuffer& key) {
  static const bool ends = endWithoutCipherMemory();
  if (!ends) abortVault("the cipher's memory is not the vault's");
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (options.create ? SQLITE_OPEN_CREATE : 0);
  const int opened = sqlite3_open_v2(options.path.c_str(), &raw, flags, nullptr);
  m_database.reset(raw);
  check(opened, "open");
  const SecretBuffer literal = rawKeyLiteral(key);
  check(sqlite3_key(raw, literal.bytes().data(), static_cast<int>(literal.size())), "key");
  // An unknown pragma does nothing: these speak to version 4 of the library.
  execute(("PRAGMA cipher_compatibility=" + std::to_string(options.cipherFormat)).c_str());
  execute("PRAGMA cipher_memory_security=ON");
  // Formats 3 and 4 differ in their default; the same on both keeps the file readable by either.
  execute("PRAGMA cipher_page_size=4096");
  // Exclusive before WAL: no shared-memory file beside the database, and no second opener.
  execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON");
  Statement journal(*this, "PRAGMA journal_mode=WAL");
  KJ_REQUIRE(journal.step() && journal.text(0) == "wal", "database: no write-ahead log");
  execute("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON");
  KJ_REQUIRE(integer("PRAGMA synchronous") == 2, "database: commits would not be durable");
}

void Sql::execute(const char* statements) {
  check(sqlite3_exec(m_database.get(), statements, nullptr, nullptr, nullptr), "execute");
}

std::int64_t Sql::integer(const char* statement) {
  Statement query(*this, statement);
  KJ_REQUIRE(query.step(), "database: no row");
  return query.integer(0);
}

std::string Sql::cipherVersion() {
  Statement query(*this, "PRAGMA cipher_version");
  return query.step() ? query.text(0) : std::string();
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Sql& database, const char* text) {
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v2(database.m_database.get(), text, -1, &raw, nullptr), "prepare");
  m_statement.reset(raw);
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(m_statement.get(), ++m_bound, value), "bind");
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text(m_statement.get(),
                          ++m_bound,
                          text.empty() ? "" : text.data(),
                          static_cast<int>(text.size()),
                          SQLITE_TRANSIENT),
        "bind");
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> blob) {
  check(sqlite3_bind_blob(m_statement.get(),
                          ++m_bound,
                          blob.empty() ? "" : static_cast<const void*>(blob.data()),
                          static_cast<int>(blob.size()),
                          SQLITE_TRANSIENT),
        "bind");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(m_statement.get());
  check(code, "step");
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() {
  sqlite3_reset(m_statement.get());
  m_bound = 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(m_statement.get(), column);
}

std::string Statement::text(int column) const {
  const auto bytes = blob(column);
  return {bytes.begin(), bytes.end()};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(m_statement.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column))};
}

Transaction::Transaction(Sql& database) : m_database(database) {
  m_database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!m_open) return;
  // A failed statement may have rolled back already; nothing can be done about a second failure.
  KJ_IF_MAYBE (ignored, kj::runCatchingExceptions([&] { m_database.execute("ROLLBACK"); })) {
    (void)ignored;
  }
}

void Transaction::commit() {
  m_database.execute("COMMIT");
  m_open = false;
}

}  // namespace sallyport::vault
