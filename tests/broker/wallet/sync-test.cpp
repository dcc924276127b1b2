// A wallet and its server: what a comparison learns, and what a lying server cannot make it
// believe.
#include <doctest/doctest.h>

#include <algorithm>

#include "broker/bitcoin/block.h"
#include "broker/bitcoin/script.h"
#include "tests/broker/wallet/wallet-fixture.h"

namespace sallyport::wallet {
namespace {

using commands::Code;

TEST_CASE_FIXTURE(WalletFixture, "a payment is incoming first, and received with its block") {
  const auto txid = pay(0, 50'000);
  REQUIRE(sync().has_value());
  CHECK(wallet->synced());
  CHECK(wallet->balance().incoming == 50'000);
  CHECK(wallet->balance().confirmed == 0);
  mine(3);
  REQUIRE(sync().has_value());
  CHECK(wallet->height() == 113);
  CHECK(wallet->balance().incoming == 0);
  CHECK(wallet->balance().confirmed == 50'000);
  CHECK(wallet->history({})[0].txid == txid.hex());
  CHECK(wallet->history({})[0].confirmations == 3);
}

TEST_CASE_FIXTURE(WalletFixture, "every script up to the gap is asked for, and none behind it") {
  REQUIRE(sync().has_value());
  CHECK(server.count("/scripthash/") == 2 * Account::GAP_LIMIT);
}

TEST_CASE_FIXTURE(WalletFixture, "a payment at the edge of the gap moves the gap") {
  pay(19, 10'000);
  pay(38, 20'000);
  pay(59, 40'000);  // 20 unused ones lie before it
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 30'000);
}

TEST_CASE_FIXTURE(WalletFixture, "an unchanged tip makes a short round") {
  fund(50'000);
  REQUIRE(wallet->handOut(std::nullopt).wait(waitScope).has_value());
  server.asked.clear();
  REQUIRE(sync().has_value());
  CHECK(server.count("/scripthash/") <= 5);
  CHECK(server.count("/merkle-proof") == 0);
  // It still sees a payment to an address that was just handed out.
  pay(1, 7'000);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().incoming == 7'000);
}

TEST_CASE_FIXTURE(WalletFixture, "what is known and proven is not fetched again") {
  fund(50'000);
  mine();
  server.asked.clear();
  REQUIRE(sync().has_value());
  CHECK(server.count("/hex") == 0);
  CHECK(server.count("/merkle-proof") == 0);
}

TEST_CASE_FIXTURE(WalletFixture, "a transaction that pays us many times is fetched once") {
  bitcoin::Transaction tx;
  fund(100'000);
  SendTransaction many;
  many.outputs = std::vector<Payment>{};
  for (std::uint32_t i = 1; i < 10; ++i)
    many.outputs->push_back({wallet->account().address({false, i}), 5'000});
  REQUIRE_FALSE(server.node.submit(sign(*prepare(many))).has_value());
  mine();
  server.asked.clear();
  REQUIRE(sync().has_value());
  CHECK(server.count("/hex") == 1);
  CHECK(server.count("/merkle-proof") == 1);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "a server that is down leaves what was known, and says not synced") {
  fund(50'000);
  server.down = true;
  CHECK(sync().error().code == Code::UNAVAILABLE);
  CHECK_FALSE(wallet->synced());
  CHECK(wallet->balance().confirmed == 50'000);
  server.down = false;
  REQUIRE(sync().has_value());
  CHECK(wallet->synced());
}

TEST_CASE_FIXTURE(WalletFixture, "wrong bytes for a transaction end the round without it") {
  const auto txid = pay(0, 50'000);
  const auto other = pay(1, 60'000);
  mine();
  const auto at = server.node.chain().find(other);
  server.lie("/tx/" + txid.hex(),
             "/hex",
             bitcoin::toHex(server.node.chain().transaction(*at).serialize()));
  CHECK(sync().error().code == Code::UNAVAILABLE);
  CHECK_FALSE(wallet->synced());
  CHECK(wallet->ledger().find(txid) == nullptr);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "without a proof a payment stays unconfirmed, until there is one") {
  const auto txid = pay(0, 50'000);
  mine();
  server.lie("/tx/", "/merkle-proof", "{\"merkle\":[],\"pos\":0}");
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 0);
  CHECK(wallet->balance().incoming == 50'000);
  CHECK(wallet->ledger().stateOf(txid) == TxState::PENDING);
  server.instead = nullptr;
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 50'000);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "an old confirmation does not outlive a false claim of another block") {
  const auto txid = pay(0, 50'000);
  mine();
  REQUIRE(sync().has_value());
  mine();
  server.instead = [&](const Asked& asked) -> std::optional<devnet::Answer> {
    if (asked.path.find("/txs") == std::string::npos) return std::nullopt;
    auto real = devnet::handle(server.node, devnet::Method::GET, asked.path, "");
    const auto block = server.node.chain().at(111).hash.hex();
    if (const auto at = real.body.find(block); at != std::string::npos)
      real.body.replace(at, block.size(), server.node.chain().at(112).hash.hex());
    return real;
  };
  REQUIRE(sync().has_value());
  CHECK(wallet->ledger().stateOf(txid) == TxState::PENDING);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "what a server lists under our scripts without reason is not kept") {
  const auto foreign = server.node.pay(strangerScript(), bitcoin::Amount::of(9'000).value()).txid;
  mine();
  const auto at = server.node.chain().find(foreign);
  const auto& block = server.node.chain().at(at->height);
  server.lie("/scripthash/",
             "/txs",
             "[{\"txid\":\"" + foreign.hex() +
                 "\",\"status\":{\"confirmed\":true,\"block_height\":" +
                 std::to_string(at->height) + ",\"block_hash\":\"" + block.hash.hex() +
                 "\",\"block_time\":" + std::to_string(block.block.header.time) + "}}]");
  REQUIRE(sync().has_value());
  CHECK(server.count("/hex") >= 1);
  CHECK(wallet->ledger().all().empty());
  CHECK(wallet->history({}).empty());
  CHECK(vault.rows.empty());
}

TEST_CASE_FIXTURE(WalletFixture,
                  "a reorganisation takes a payment back, and a block brings it again") {
  const auto txid = pay(0, 50'000);
  mine(2);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 50'000);
  server.node.reorganise(2);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 0);
  CHECK(wallet->balance().incoming == 50'000);
  CHECK(wallet->ledger().stateOf(txid) == TxState::PENDING);
  restart();  // also what was stored
  CHECK(wallet->ledger().stateOf(txid) == TxState::PENDING);
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 50'000);
  CHECK(wallet->history({})[0].confirmations == 1);
}

TEST_CASE_FIXTURE(WalletFixture, "a payment that moved to another block is confirmed there") {
  const auto txid = pay(0, 50'000);
  mine();
  REQUIRE(sync().has_value());
  const auto before = wallet->ledger().find(txid)->placement;
  server.node.reorganise(1);
  mine();
  REQUIRE(sync().has_value());
  const auto after = wallet->ledger().find(txid)->placement;
  REQUIRE(after.has_value());
  CHECK(after != before);
  CHECK(wallet->balance().confirmed == 50'000);
}

TEST_CASE_FIXTURE(WalletFixture,
                  "a stranger's payment that vanished from the server is not incoming") {
  pay(0, 50'000);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().incoming == 50'000);
  mine(0);
  // The tip moves, and the server names the payment no more: it was replaced by one to others.
  server.instead = [&](const Asked& asked) -> std::optional<devnet::Answer> {
    if (asked.path.find("/txs") == std::string::npos) return std::nullopt;
    return devnet::Answer{200, "", "[]"};
  };
  server.node.mine(1, strangerScript());
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().incoming == 0);
  CHECK(wallet->balance().confirmed == 0);
  CHECK(server.count("/tx/") >= 1);
  for (const auto& asked : server.asked) CHECK(asked.method == "GET");  // not ours to send again
}

TEST_CASE_FIXTURE(WalletFixture, "a second caller gets the outcome of the round that runs") {
  pay(0, 50'000);
  auto first = wallet->sync();
  auto second = wallet->sync();
  REQUIRE(first.wait(waitScope).has_value());
  REQUIRE(second.wait(waitScope).has_value());
  CHECK(server.count("/blocks/tip/hash") == 1);
  REQUIRE(sync().has_value());
  CHECK(server.count("/blocks/tip/hash") == 2);
}

TEST_CASE_FIXTURE(WalletFixture, "a round goes on, and can be followed, when its caller has gone") {
  pay(0, 50'000);
  { auto dropped = wallet->sync(); }
  loop.run();
  CHECK(wallet->balance().incoming == 50'000);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().incoming == 50'000);
}

TEST_CASE_FIXTURE(WalletFixture, "a round that breaks is an error, and the next one works") {
  int calls = 0;
  reach = [&]() -> proto::Net::Client {
    if (++calls > 5) throw std::logic_error("a bug of ours, in the middle of a round");
    return server.net()();
  };
  CHECK(sync().error().code == Code::INTERNAL);
  CHECK_FALSE(wallet->synced());
  reach = server.net();
  CHECK(sync().has_value());
  CHECK(wallet->synced());
}

TEST_CASE_FIXTURE(WalletFixture,
                  "a row that nobody of us wrote stops the opening, not the broker") {
  vault.rows["tx/00"] = "not what we wrote";
  CHECK_THROWS(wallet->load().wait(waitScope));
}

TEST_CASE_FIXTURE(WalletFixture,
                  "the wallet goes on while the vault is locked, and stores it later") {
  vault.locked = true;
  pay(0, 50'000);
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().confirmed == 50'000);
  CHECK(vault.rows.empty());
  vault.locked = false;
  REQUIRE(sync().has_value());
  CHECK(vault.rows.size() == 1);
  restart();
  CHECK(wallet->history({}).size() == 1);
}

TEST_CASE_FIXTURE(WalletFixture, "coins that we mined ripen") {
  server.node.mine(1, receive(0));
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().immature == 5'000'000'000);
  mine(99);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().immature == 0);
  CHECK(wallet->balance().confirmed == 5'000'000'000);
}

TEST_CASE_FIXTURE(WalletFixture, "coins that we mined in a block that was given up are gone") {
  server.node.mine(1, receive(0));
  REQUIRE(sync().has_value());
  server.node.reorganise(1);
  REQUIRE(sync().has_value());
  CHECK(wallet->balance().immature == 0);
  CHECK(wallet->history({})[0].state == TxState::CONFLICTED);
}

// A server that names payments to our first address which are in no mempool but its own.
struct InventingFixture : WalletFixture {
  std::map<std::string, bitcoin::Transaction> invented;  // by txid

  void invent(std::size_t count, std::size_t scriptBytes = 0) {
    invented.clear();
    for (std::size_t i = 0; i < count; ++i) {
      bitcoin::Transaction tx;
      tx.version = 2;
      bitcoin::TxIn input;
      input.previous.index = static_cast<std::uint32_t>(generator());
      input.scriptSig.assign(scriptBytes, 0x51);
      tx.inputs.push_back(std::move(input));
      tx.outputs.push_back({bitcoin::Amount::of(1'000).value(), receive(0)});
      const auto txid = tx.txid().hex();
      invented.emplace(txid, std::move(tx));
    }
    std::string list;
    for (const auto& [txid, tx] : invented)
      list += (list.empty() ? "[" : ",") + std::string("{\"txid\":\"") + txid +
              "\",\"status\":{\"confirmed\":false}}";
    const auto path = "/scripthash/" + bitcoin::scriptHash(receive(0)) + "/txs";
    server.instead = [this, path, list](const Asked& request) -> std::optional<devnet::Answer> {
      if (request.path == path) return devnet::Answer{200, "text/plain", list + "]"};
      if (request.path.size() != 4 + 64 + 4) return std::nullopt;
      const auto found = invented.find(request.path.substr(4, 64));
      if (found == invented.end()) return std::nullopt;
      return devnet::Answer{200, "text/plain", bitcoin::toHex(found->second.serialize())};
    };
  }
};

TEST_CASE_FIXTURE(InventingFixture, "what a server sends in one comparison is bounded") {
  invent(800, 100'000);  // 80 MB
  const auto synced = sync();
  REQUIRE(synced.has_error());
  CHECK(synced.error().message.find("more than is taken at once") != std::string::npos);
  std::size_t kept = 0;
  for (const auto& [txid, known] : wallet->ledger().all()) kept += known.transaction.totalSize();
  CHECK(kept <= SyncRound::MAX_FETCHED_BYTES + 8 * 100'200);
}

TEST_CASE_FIXTURE(InventingFixture, "invented payments are stored in messages of a bounded size") {
  invent(1'000);
  REQUIRE(sync().has_value());
  CHECK(std::count(vault.calls.begin(), vault.calls.end(), "putRecords") == 5);
  CHECK(vault.rows.size() == 1'000);
}

TEST_CASE_FIXTURE(InventingFixture, "invented payments do not fill the wallet for ever") {
  for (int round = 0; round < 4; ++round) {
    invent(SyncRound::MAX_FORGOTTEN);
    now += 1;
    mine();
    REQUIRE(sync().has_value());
    CHECK(wallet->ledger().all().size() <= 2 * SyncRound::MAX_FORGOTTEN);
    CHECK(vault.rows.size() <= 2 * SyncRound::MAX_FORGOTTEN);
  }
  server.instead = nullptr;
  mine();
  REQUIRE(sync().has_value());
  CHECK(wallet->ledger().all().size() == SyncRound::MAX_FORGOTTEN);
  CHECK(vault.rows.size() == SyncRound::MAX_FORGOTTEN);
  fund(50'000);
  CHECK(wallet->balance().confirmed == 50'000);
}

TEST_CASE_FIXTURE(InventingFixture, "more unconfirmed payments than anyone has are not looked at") {
  invent(SyncRound::MAX_UNCONFIRMED);
  server.asked.clear();
  REQUIRE(sync().has_value());
  CHECK(wallet->ledger().all().size() == SyncRound::MAX_UNCONFIRMED);
  server.instead = nullptr;
  fund(50'000);  // what is in a block still counts
  CHECK(wallet->balance().confirmed == 50'000);
}

}  // namespace
}  // namespace sallyport::wallet
