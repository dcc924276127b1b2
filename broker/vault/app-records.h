// Encrypted rows that belong to no wallet: what an app's pages keep. Rows of one space are one
// window's, or what the windows of an app share; the broker names it, the vault knows no windows.
// Runs in the vault, exists only while it is unlocked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/vault/outcome.h"
#include "broker/vault/sql.h"
#include "broker/vault/wallet-store.h"

namespace sallyport::vault {

class AppRecords {
 public:
  // Makes the table where a database of before has none.
  explicit AppRecords(Sql& sql);

  // By key; at most WalletStore::MAX_REPLY_BYTES, at least one row. keysOnly: values stay empty.
  std::vector<RecordRow> list(std::string_view space,
                              std::string_view prefix,
                              std::string_view after,
                              std::uint32_t limit,
                              bool keysOnly);

  // All or none, durable on return; an empty value deletes. LIMIT past the bounds of a space.
  Outcome<Done> put(std::string_view space, const std::vector<RecordRow>& rows);

 private:
  Sql& m_sql;
};

}  // namespace sallyport::vault
