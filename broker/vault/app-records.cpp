#include "broker/vault/app-records.h"

#include <span>

namespace sallyport::vault {
namespace {

std::span<const std::uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

AppRecords::AppRecords(Sql& sql) : m_sql(sql) {
  m_sql.execute(
      "CREATE TABLE IF NOT EXISTS app_record(space TEXT NOT NULL, key BLOB NOT NULL,"
      " value BLOB NOT NULL, PRIMARY KEY(space, key)) WITHOUT ROWID;");
}

std::vector<RecordRow> AppRecords::list(std::string_view space,
                                        std::string_view prefix,
                                        std::string_view after,
                                        std::uint32_t limit,
                                        bool keysOnly) {
  std::vector<RecordRow> rows;
  std::size_t size = 0;
  Statement query(m_sql,
                  "SELECT key, value FROM app_record WHERE space=?1 AND key>=?2 AND key>?3"
                  " ORDER BY key LIMIT ?4");
  query.bind(space).bind(bytesOf(prefix)).bind(bytesOf(after)).bind(std::int64_t{limit});
  while (query.step()) {
    RecordRow row{query.text(0), {}};
    if (!row.key.starts_with(prefix)) break;
    if (!keysOnly) {
      const auto value = query.blob(1);
      row.value.assign(value.begin(), value.end());
    }
    size += row.key.size() + row.value.size();
    if (size > WalletStore::MAX_REPLY_BYTES && !rows.empty()) break;
    rows.push_back(std::move(row));
  }
  return rows;
}

Outcome<Done> AppRecords::put(std::string_view space, const std::vector<RecordRow>& rows) {
  Transaction transaction(m_sql);
  Statement insert(m_sql, "INSERT OR REPLACE INTO app_record VALUES(?,?,?)");
  Statement erase(m_sql, "DELETE FROM app_record WHERE space=? AND key=?");
  for (const auto& row : rows) {
    Statement& statement = row.value.empty() ? erase : insert;
    statement.bind(space).bind(bytesOf(row.key));
    if (!row.value.empty()) statement.bind(std::span<const std::uint8_t>(row.value));
    statement.run();
    statement.reset();
  }
  Statement used(m_sql,
                 "SELECT COUNT(*), COALESCE(SUM(LENGTH(key) + LENGTH(value)), 0) FROM app_record"
                 " WHERE space=?");
  used.bind(space).step();
  if (used.integer(0) > std::int64_t{proto::MAX_APP_RECORDS} ||
      used.integer(1) > std::int64_t{proto::MAX_APP_RECORD_BYTES})
    return Failure::LIMIT;
  used.reset();
  transaction.commit();
  return Done{};
}

}  // namespace sallyport::vault
