// SQLCipher behind two small types. Runs in the vault; the only file that names sqlite3. Errors are
// kj::Exceptions that carry SQLite's code and no text of ours or the user's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/vault/seal.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport::vault {

struct SqlOptions {
  std::string path;
  std::uint8_t cipherFormat;  // the file's SQLCipher format; 3 is what both Debians read
  bool create;                // false: it must be there
};

class Sql {
 public:
  // Opens with the raw key (32 bytes), write-ahead log, synchronous=FULL, exclusive. A wrong key or
  // a damaged first page throws.
  Sql(const SqlOptions& options, const SecretBuffer& key);

  // One or more statements without parameters.
  void execute(const char* statements);
  // The one integer that a statement without parameters answers.
  std::int64_t integer(const char* statement);
  // SQLCipher's own version, "4.6.1 community".
  std::string cipherVersion();

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> m_database;
};

// Prepared, bound by position in the order of the calls, stepped. Short-lived.
class Statement {
 public:
  Statement(Sql& database, const char* text);

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::uint8_t> blob);

  bool step();  // true: a row is there
  void run();   // to the end, rows ignored
  void reset();

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;  // until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
  int m_bound = 0;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Sql& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Sql& m_database;
  bool m_open = true;
};

}  // namespace sallyport::vault
