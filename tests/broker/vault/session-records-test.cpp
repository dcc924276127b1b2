// What a VaultSession keeps for others: records of wallets and rows of an app's pages.
#include <doctest/doctest.h>

#include "tests/broker/vault/session-fixture.h"

namespace sallyport::vault {
namespace {

TEST_CASE("records are kept in key order, by wallet, and an empty value deletes") {
  SessionFixture f;
  const std::string id = f.ready(), other = f.peer->createWallet("other").first.id;
  CHECK(f.peer->put(id, {{"b/2", "two"}, {"b/1", "one"}, {"a", "zero"}, {"c", "three"}}) ==
        Failure::NONE);
  using Rows = std::vector<std::pair<std::string, std::string>>;
  CHECK(f.peer->get(id) == Rows{{"a", "zero"}, {"b/1", "one"}, {"b/2", "two"}, {"c", "three"}});
  CHECK(f.peer->get(id, "b/") == Rows{{"b/1", "one"}, {"b/2", "two"}});
  CHECK(f.peer->get(id, "b/", "b/1") == Rows{{"b/2", "two"}});
  CHECK(f.peer->get(id, "", "", 2) == Rows{{"a", "zero"}, {"b/1", "one"}});
  CHECK(f.peer->get(other).empty());
  CHECK(f.peer->put(id, {{"a", ""}, {"c", "new"}}) == Failure::NONE);
  CHECK(f.peer->get(id) == Rows{{"b/1", "one"}, {"b/2", "two"}, {"c", "new"}});
  f.peer->lock();
  f.peer->get(id);
  CHECK(f.peer->lastFailure == Failure::LOCKED);
  CHECK(f.peer->put(id, {{"a", "b"}}) == Failure::LOCKED);
  f.peer->person.passphrases = {PASSPHRASE};
  f.peer->unlock();
  CHECK(f.peer->get(id).size() == 3);
}

TEST_CASE("a batch of records with one over a limit changes nothing") {
  SessionFixture f;
  const std::string id = f.ready();
  const std::string longestKey(proto::MAX_RECORD_KEY_BYTES, 'k');
  const std::string largest(proto::MAX_RECORD_VALUE_BYTES, 'v');
  CHECK(f.peer->put(id, {{longestKey, largest}}) == Failure::NONE);
  CHECK(f.peer->put(id, {{"a", "1"}, {longestKey + "k", "2"}}) == Failure::LIMIT);
  CHECK(f.peer->put(id, {{"a", "1"}, {"b", largest + "v"}}) == Failure::LIMIT);
  CHECK(f.peer->put(id, {{"a", "1"}, {"", "2"}}) == Failure::LIMIT);
  CHECK(f.peer->put("0000000000000000", {{"a", "1"}}) == Failure::NO_SUCH_WALLET);
  CHECK(f.peer->get(id).size() == 1);
  f.peer->get(id, (longestKey + "k").c_str());
  CHECK(f.peer->lastFailure == Failure::LIMIT);
  f.peer->get("0000000000000000");
  CHECK(f.peer->lastFailure == Failure::NO_SUCH_WALLET);
}

TEST_CASE("a wallet holds at most maxRecords, and a reply at most 4 MiB") {
  SessionFixture f;
  const std::string id = f.ready();
  WalletStore* store = f.lockbox->store();
  std::vector<RecordRow> rows;
  for (unsigned i = 0; i < proto::MAX_RECORDS; ++i) rows.push_back({std::to_string(i), {1}});
  CHECK(store->putRecords(id, rows).has_value());
  CHECK(store->putRecords(id, {{"one more", {1}}}).error() == Failure::LIMIT);
  // Nothing of a batch that fails stays, also what came before the row that was too many.
  CHECK(store->putRecords(id, {{"7", {9}}, {"one more", {1}}}).error() == Failure::LIMIT);
  CHECK(store->records(id, "7", "", 1)[0].value == Bytes{1});
  CHECK(store->putRecords(id, {{"7", {2}}}).has_value());
  CHECK(store->putRecords(id, {{"7", {}}, {"one more", {1}}}).has_value());
  std::vector<RecordRow> large;
  for (int i = 100; i < 180; ++i) large.push_back({std::to_string(i), Bytes(65536, 3)});
  CHECK(store->putRecords(id, large).has_value());
  CHECK(f.peer->get(id, "1", "", 65535).size() < 65535);
  CHECK(f.peer->lastFailure == Failure::NONE);
}

TEST_CASE("rows of an app's pages are their space's alone, bounded, and shut with the vault") {
  SessionFixture f;
  using Rows = std::vector<std::pair<std::string, std::string>>;
  const auto put = [&](const std::string& space, const Rows& rows) {
    auto request = f.peer->vault.putAppRecordsRequest();
    request.setSpace(space.c_str());
    auto list = request.initRecords(static_cast<unsigned>(rows.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setKey(rows[i].first.c_str());
      list[i].setValue(kj::arrayPtr(rows[i].second.data(), rows[i].second.size()).asBytes());
    }
    return request.send().wait(f.peer->io.waitScope).getResult().getFailure();
  };
  const auto get = [&](const std::string& space, kj::StringPtr prefix, bool keysOnly = false) {
    auto request = f.peer->vault.getAppRecordsRequest();
    request.setSpace(space.c_str());
    request.setPrefix(prefix);
    request.setKeysOnly(keysOnly);
    auto response = request.send().wait(f.peer->io.waitScope);
    f.peer->lastFailure = response.getFailure();
    Rows rows;
    for (auto record : response.getRecords())
      rows.emplace_back(record.getKey().cStr(),
                        std::string(record.getValue().asChars().begin(), record.getValue().size()));
    return rows;
  };
  CHECK(put("app/main", {{"a", "1"}}) == Failure::NOT_INITIALIZED);
  f.ready();
  CHECK(put("app/main", {{"b", "2"}, {"a", "1"}, {"ab", "3"}}) == Failure::NONE);
  CHECK(put("app/side", {{"a", "side"}}) == Failure::NONE);
  CHECK(get("app/main", "a") == Rows{{"a", "1"}, {"ab", "3"}});
  CHECK(get("app/main", "", true) == Rows{{"a", ""}, {"ab", ""}, {"b", ""}});
  CHECK(get("app/side", "") == Rows{{"a", "side"}});
  CHECK(get("app/", "").empty());
  CHECK(put("app/main", {{"a", ""}, {"b", "4"}}) == Failure::NONE);
  CHECK(get("app/main", "") == Rows{{"ab", "3"}, {"b", "4"}});

  CHECK(put("", {{"a", "1"}}) == Failure::LIMIT);
  CHECK(put(std::string(proto::MAX_APP_SPACE_BYTES + 1, 's'), {{"a", "1"}}) == Failure::LIMIT);
  CHECK(put("app/main", {{"", "1"}}) == Failure::LIMIT);
  CHECK(put("app/main", {{"a", std::string(proto::MAX_RECORD_VALUE_BYTES + 1, 'x')}}) ==
        Failure::LIMIT);
  Rows many;
  for (unsigned i = 0; i < proto::MAX_APP_RECORDS; ++i) many.emplace_back(std::to_string(i), "x");
  CHECK(put("app/side", many) == Failure::LIMIT);  // "a" is there already
  CHECK(get("app/side", "").size() == 1);          // and nothing of it stayed
  many.pop_back();
  CHECK(put("app/side", many) == Failure::NONE);
  Rows large;
  for (int i = 0; i < 64; ++i)
    large.emplace_back("k" + std::to_string(i), std::string(proto::MAX_RECORD_VALUE_BYTES, 'x'));
  CHECK(put("app/large", large) == Failure::LIMIT);
  large.pop_back();
  CHECK(put("app/large", large) == Failure::NONE);

  f.peer->vault.lockRequest().send().wait(f.peer->io.waitScope);
  CHECK(put("app/main", {{"a", "1"}}) == Failure::LOCKED);
  CHECK(get("app/main", "").empty());
  CHECK(f.peer->lastFailure == Failure::LOCKED);
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock(60) == Failure::NONE);
  CHECK(get("app/main", "") == Rows{{"ab", "3"}, {"b", "4"}});
}

}  // namespace
}  // namespace sallyport::vault
