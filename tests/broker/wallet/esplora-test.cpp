#include "broker/wallet/esplora.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "broker/bitcoin/block.h"
#include "tests/broker/wallet/wallet-fixture.h"

namespace sallyport::wallet {
namespace {

using commands::Code;

struct ServerFixture : WalletFixture {
  template <typename T>
  Result<T> wait(kj::Promise<Result<T>> promise) {
    return promise.wait(waitScope);
  }

  // A payment to us in a block, and where it is.
  std::pair<bitcoin::Txid, Placement> confirmed() {
    const auto txid = pay(0, 50'000);
    mine();
    const auto& tip = server.node.chain().tip();
    return {txid, {server.node.chain().height(), tip.hash, tip.block.header.time}};
  }
};

TEST_CASE_FIXTURE(ServerFixture, "the tip is a hash and the height of just that block") {
  const auto tip = wait(esplora.tip());
  REQUIRE(tip.has_value());
  CHECK(tip->height == 110);
  CHECK(tip->hash == server.node.chain().tip().hash);
}

TEST_CASE_FIXTURE(ServerFixture, "a tip that makes no sense is unavailable, never a crash") {
  for (const std::string& body : std::vector<std::string>{
           "", "xyz", "00", "{}", std::string(64, 'g'), std::string(5'000, '0')}) {
    server.lie("/blocks/tip/hash", "", body);
    CHECK(wait(esplora.tip()).error().code == Code::UNAVAILABLE);
  }
  for (const std::string& body : std::vector<std::string>{"",
                                                          "{",
                                                          "[]",
                                                          "null",
                                                          "{\"height\":-1}",
                                                          "{\"height\":\"7\"}",
                                                          "{\"height\":1e3}",
                                                          "{\"height\":99999999999999999999}",
                                                          std::string(5'000, '[')}) {
    server.lie("/block/", "", body);
    CHECK(wait(esplora.tip()).error().code == Code::UNAVAILABLE);
  }
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a server that is down, or answers with an error, is unavailable") {
  server.down = true;
  CHECK(wait(esplora.tip()).error().code == Code::UNAVAILABLE);
  CHECK(wait(esplora.feeEstimates()).error().code == Code::UNAVAILABLE);
  CHECK(wait(esplora.transaction({})).error().code == Code::UNAVAILABLE);
  server.down = false;
  server.lie("/", "", "oops", 500);
  CHECK(wait(esplora.tip()).error().code == Code::UNAVAILABLE);
}

TEST_CASE_FIXTURE(ServerFixture, "without a server nothing is asked") {
  Esplora none(server.net(), "", Network::REGTEST);
  CHECK(wait(none.tip()).error().code == Code::UNAVAILABLE);
  CHECK(server.asked.empty());
}

TEST_CASE_FIXTURE(ServerFixture, "a transaction is taken only when its hash is the one asked for") {
  const auto [txid, placement] = confirmed();
  const auto real = wait(esplora.transaction(txid));
  REQUIRE(real.has_value());
  CHECK(real->txid() == txid);

  const auto other = pay(1, 60'000);
  const auto otherHex = bitcoin::toHex(server.node.mempool().find(other)->tx.serialize());
  for (const std::string& body : {otherHex, std::string("00"), std::string(), std::string("zz")}) {
    server.lie("/tx/", "/hex", body);
    CHECK(wait(esplora.transaction(txid)).error().code == Code::UNAVAILABLE);
  }
  server.lie("/tx/", "/hex", bitcoin::toHex(real->serialize()) + "00");
  CHECK(wait(esplora.transaction(txid)).has_error());
  server.lie("/tx/", "/hex", bitcoin::toHex(real->serialize()) + "\n");
  CHECK(wait(esplora.transaction(txid)).has_value());
}

TEST_CASE_FIXTURE(ServerFixture, "a place in a block is proven by branch, header and work") {
  pay(2, 70'000);  // so that the block has a branch of two steps
  pay(3, 70'000);
  const auto [txid, placement] = confirmed();
  CHECK(*wait(esplora.provePlacement(txid, placement)));

  auto wrongBlock = placement;
  wrongBlock.block = server.node.chain().at(50).hash;
  CHECK_FALSE(*wait(esplora.provePlacement(txid, wrongBlock)));
  const auto unconfirmed = pay(1, 60'000);
  CHECK(wait(esplora.provePlacement(unconfirmed, placement)).has_error());  // 404
}

TEST_CASE_FIXTURE(ServerFixture, "a proof that does not lead to the header's root proves nothing") {
  pay(2, 70'000);
  const auto [txid, placement] = confirmed();
  const std::string zeros(64, '0');
  for (const std::string& proof : {std::string("{}"),
                                   std::string("[]"),
                                   std::string("garbage"),
                                   std::string("{\"merkle\":[],\"pos\":0}"),
                                   "{\"merkle\":[\"" + zeros + "\"],\"pos\":1}",
                                   std::string("{\"merkle\":[1],\"pos\":1}"),
                                   std::string("{\"merkle\":[],\"pos\":-1}"),
                                   std::string("{\"pos\":0}")}) {
    server.lie("/tx/", "/merkle-proof", proof);
    CHECK_FALSE(*wait(esplora.provePlacement(txid, placement)));
  }
  std::string deep = "{\"pos\":0,\"merkle\":[\"" + zeros + "\"";
  for (int i = 0; i < 40; ++i) deep += ",\"" + zeros + "\"";
  server.lie("/tx/", "/merkle-proof", deep + "]}");
  CHECK_FALSE(*wait(esplora.provePlacement(txid, placement)));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a header that is not the block's, or shows no work, proves nothing") {
  const auto txid = pay(0, 50'000);
  // The server makes up a block around the payment, without working for it.
  bitcoin::Block made;
  made.transactions = {server.node.mempool().find(txid)->tx};
  made.header.merkleRoot = bitcoin::merkleRootOf(made.transactions).root;
  made.header.bits = 0x207fffff;
  while (made.header.hasWork(0x207fffff)) ++made.header.nonce;
  const Placement lie{111, made.header.hash(), 1'700'000'000};
  const auto serve = [&](const bitcoin::BlockHeader& header) {
    server.instead = [hex = bitcoin::toHex(header.serialize())](
                         const Asked& asked) -> std::optional<devnet::Answer> {
      if (asked.path.find("/merkle-proof") != std::string::npos)
        return devnet::Answer{200, "", "{\"merkle\":[],\"pos\":0,\"block_height\":111}"};
      if (asked.path.find("/header") != std::string::npos) return devnet::Answer{200, "", hex};
      return std::nullopt;
    };
  };
  serve(made.header);
  CHECK_FALSE(*wait(esplora.provePlacement(txid, lie)));

  // With regtest's work it would hold on regtest, and nowhere else.
  while (!made.header.hasWork(0x207fffff)) ++made.header.nonce;
  const Placement worked{111, made.header.hash(), 1'700'000'000};
  serve(made.header);
  CHECK(*wait(esplora.provePlacement(txid, worked)));
  for (const auto network : {Network::MAINNET, Network::TESTNET4, Network::SIGNET}) {
    Esplora strict(server.net(), SERVER_URL, network);
    CHECK_FALSE(*wait(strict.provePlacement(txid, worked)));
  }
  // The right root under another hash than the one that was named.
  CHECK_FALSE(*wait(esplora.provePlacement(txid, lie)));
}

TEST_CASE_FIXTURE(ServerFixture, "a long history is read page by page, all of it once") {
  for (int i = 0; i < 60; ++i) {
    pay(0, 1'000 + i);
    if (i % 20 == 19) mine();
  }
  const auto listed = wait(esplora.transactionsOf(receive(0)));
  REQUIRE(listed.has_value());
  CHECK(listed->size() == 60);
  std::set<bitcoin::Txid> txids;
  for (const auto& row : *listed) {
    CHECK(txids.insert(row.txid).second);
    CHECK(row.placement.has_value());
  }
  CHECK(server.count("/txs/chain/") == 2);
}

TEST_CASE_FIXTURE(ServerFixture, "a server that never stops listing is cut off") {
  std::string page = "[";
  for (int i = 0; i < 25; ++i) {
    if (i > 0) page += ',';
    page += "{\"txid\":\"" + std::string(64, '1') +
            "\",\"status\":{\"confirmed\":true,\"block_height\":1,\"block_hash\":\"" +
            std::string(64, '2') + "\",\"block_time\":3}}";
  }
  server.lie("/scripthash/", "", page + "]");
  CHECK(wait(esplora.transactionsOf(receive(0))).error().code == Code::UNAVAILABLE);
  CHECK(server.asked.size() <= Esplora::MAX_LISTED / 25 + 1);
}

TEST_CASE_FIXTURE(ServerFixture, "a list with one bad row is a lie as a whole") {
  const std::string id = "\"txid\":\"" + std::string(64, '1') + "\"";
  for (const std::string& row :
       {std::string("1"),
        std::string("{}"),
        "{" + id + "}",
        "{" + id + ",\"status\":1}",
        "{" + id + ",\"status\":{\"confirmed\":1}}",
        "{" + id + ",\"status\":{\"confirmed\":true}}",
        "{" + id +
            ",\"status\":{\"confirmed\":true,\"block_height\":1,"
            "\"block_hash\":\"zz\",\"block_time\":1}}",
        std::string("{\"txid\":\"11\",\"status\":{\"confirmed\":false}}")}) {
    server.lie("/scripthash/", "", "[" + row + "]");
    CHECK(wait(esplora.transactionsOf(receive(0))).error().code == Code::UNAVAILABLE);
  }
  server.lie("/scripthash/", "", "[{" + id + ",\"status\":{\"confirmed\":false}}]");
  CHECK(wait(esplora.transactionsOf(receive(0)))->size() == 1);
}

TEST_CASE_FIXTURE(ServerFixture, "fee estimates stay between 1 and 2000 sat/vB whatever is said") {
  server.lie("/fee-estimates", "", R"({"1":0.0001,"6":123456789,"144":3.5})");
  const auto fees = wait(esplora.feeEstimates());
  REQUIRE(fees.has_value());
  CHECK(fees->fast == 1.0);
  CHECK(fees->normal == 2'000.0);
  CHECK(fees->slow == 3.5);
  server.lie("/fee-estimates", "", R"({"1":"7","6":-3,"2":9})");
  CHECK(wait(esplora.feeEstimates())->fast == 9.0);
  CHECK(wait(esplora.feeEstimates())->normal == 1.0);
  server.lie("/fee-estimates", "", "[1]");
  CHECK(wait(esplora.feeEstimates()).error().code == Code::UNAVAILABLE);
}

TEST_CASE_FIXTURE(ServerFixture, "only the network's own refusal of a payment is a conflict") {
  const bitcoin::Transaction tx = server.node.chain().tip().block.transactions[0];
  CHECK(wait(esplora.broadcast(tx)).error().code == Code::CONFLICT);  // 400: known already
  CHECK(server.asked.back().body == bitcoin::toHex(tx.serialize()));
  for (const unsigned status : {401U, 403U, 404U, 413U, 429U, 500U, 502U, 302U, 204U}) {
    server.lie("/tx", "", "", status);
    CHECK(wait(esplora.broadcast(tx)).error().code == Code::UNAVAILABLE);
  }
  server.lie("/tx", "", "", 200);
  CHECK(wait(esplora.broadcast(tx)).has_value());
}

}  // namespace
}  // namespace sallyport::wallet
