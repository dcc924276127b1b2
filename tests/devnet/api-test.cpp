// Esplora's answers, field by field, and the control routes; once over real HTTP.
#include "tests/devnet/api.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/compat/http.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <set>

#include "tests/devnet/devnet.h"

namespace sallyport::devnet {
namespace {

namespace json = boost::json;

constexpr std::string_view ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
constexpr std::string_view SCRIPT = "0014751e76e8199196d454941c45d1b3a323f1433bd6";

struct Fixture {
  std::uint32_t now = 1'800'000'000;
  Node node{{[this] { return now; }, {}, 110}};

  Answer get(const std::string& path) { return handle(node, Method::GET, path, {}); }
  Answer post(const std::string& path, std::string_view body) {
    return handle(node, Method::POST, path, body);
  }
  json::value read(const std::string& path) {
    auto answer = get(path);
    REQUIRE_MESSAGE(answer.status == 200, path << ": " << answer.body);
    CHECK(answer.type == "application/json");
    return json::parse(answer.body);
  }
  std::string fund(std::int64_t amount = 70'000) {
    auto answer = post(
        "/regtest/faucet",
        "{\"address\":\"" + std::string(ADDRESS) + "\",\"amount\":" + std::to_string(amount) + "}");
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return std::string(json::parse(answer.body).at("txid").as_string());
  }
  void mine(int blocks = 1) {
    REQUIRE(post("/regtest/mine", "{\"blocks\":" + std::to_string(blocks) + "}").status == 200);
  }
  std::string scripthash() const { return bitcoin::scriptHash(*bitcoin::fromHex(SCRIPT)); }
};

std::set<std::string> keysOf(const json::value& value) {
  std::set<std::string> out;
  for (const auto& field : value.as_object()) out.emplace(field.key());
  return out;
}

using Keys = std::set<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a transaction has Esplora's fields, before and after its block") {
  auto txid = fund();
  auto tx = read("/tx/" + txid);
  CHECK(keysOf(tx) ==
        Keys{"txid", "version", "locktime", "vin", "vout", "size", "weight", "fee", "status"});
  CHECK(tx.at("txid") == json::string(txid));
  CHECK(tx.at("version") == 2);
  CHECK(tx.at("fee").as_int64() > 0);
  CHECK(tx.at("status") == json::object{{"confirmed", false}});
  const auto& in = tx.at("vin").as_array().at(0);
  CHECK(keysOf(in) ==
        Keys{"txid", "vout", "prevout", "scriptsig", "witness", "is_coinbase", "sequence"});
  CHECK(in.at("prevout").at("value") == 5'000'000'000);
  CHECK(in.at("is_coinbase") == false);
  CHECK(in.at("witness").as_array().size() == 2);
  const auto& out = tx.at("vout").as_array().at(0);
  CHECK(out == json::value(json::object{{"scriptpubkey", SCRIPT},
                                        {"scriptpubkey_type", "v0_p2wpkh"},
                                        {"scriptpubkey_address", ADDRESS},
                                        {"value", 70'000}}));
  CHECK(get("/tx/" + txid + "/merkle-proof").status == 404);
  mine();
  auto status = read("/tx/" + txid + "/status");
  CHECK(status.at("confirmed") == true);
  CHECK(status.at("block_height") == 111);
  CHECK(status.at("block_hash").as_string() == get("/blocks/tip/hash").body);
  CHECK(status.at("block_time") == 1'800'000'000);
  CHECK(read("/tx/" + txid).at("status") == status);
  auto raw = get("/tx/" + txid + "/hex").body;
  CHECK(Transaction::parse(*bitcoin::fromHex(raw))->txid().hex() == txid);
}

TEST_CASE_FIXTURE(Fixture, "a coinbase has no previous output and says so") {
  auto txid = read("/block/" + get("/block-height/1").body + "/txids").as_array().at(0).as_string();
  auto tx = read("/tx/" + std::string(txid));
  const auto& in = tx.at("vin").as_array().at(0);
  CHECK(in.at("is_coinbase") == true);
  CHECK(in.at("prevout").is_null());
  CHECK(in.at("vout") == 4294967295);
  CHECK(tx.at("fee") == 0);
  CHECK(tx.at("vout").as_array().at(1).at("scriptpubkey_type") == "op_return");
  CHECK_FALSE(tx.at("vout").as_array().at(1).as_object().contains("scriptpubkey_address"));
}

TEST_CASE_FIXTURE(Fixture, "a merkle proof leads to the root of its block's header") {
  std::vector<std::string> txids;
  for (int i = 0; i < 5; ++i) txids.push_back(fund());
  mine();
  auto hash = get("/blocks/tip/hash").body;
  auto header =
      *bitcoin::BlockHeader::parse(*bitcoin::fromHex(get("/block/" + hash + "/header").body));
  CHECK(header.hash().hex() == hash);
  for (const auto& txid : txids) {
    auto proof = read("/tx/" + txid + "/merkle-proof");
    CHECK(keysOf(proof) == Keys{"block_height", "merkle", "pos"});
    std::vector<bitcoin::MerkleHash> branch;
    for (const auto& node : proof.at("merkle").as_array())
      branch.push_back(*bitcoin::MerkleHash::parse(std::string_view(node.as_string())));
    auto position = static_cast<std::size_t>(proof.at("pos").as_int64());
    CHECK(*bitcoin::merkleRootFromBranch(*Txid::parse(txid), branch, position) ==
          header.merkleRoot);
  }
}

TEST_CASE_FIXTURE(Fixture, "statistics and coins of a script count both sides") {
  fund(70'000);
  mine();
  fund(30'000);
  auto stats = read("/scripthash/" + scripthash());
  CHECK(keysOf(stats) == Keys{"scripthash", "chain_stats", "mempool_stats"});
  CHECK(stats.at("chain_stats") == json::value(json::object{{"funded_txo_count", 1},
                                                            {"funded_txo_sum", 70'000},
                                                            {"spent_txo_count", 0},
                                                            {"spent_txo_sum", 0},
                                                            {"tx_count", 1u}}));
  CHECK(stats.at("mempool_stats").at("funded_txo_sum") == 30'000);
  auto byAddress = read("/address/" + std::string(ADDRESS));
  CHECK(byAddress.at("chain_stats") == stats.at("chain_stats"));
  auto coins = read("/address/" + std::string(ADDRESS) + "/utxo").as_array();
  REQUIRE(coins.size() == 2);
  CHECK(keysOf(coins[0]) == Keys{"txid", "vout", "status", "value"});
  CHECK(coins[0].at("value") == 30'000);
  CHECK(coins[1].at("status").at("block_height") == 111);
  CHECK(read("/scripthash/" + std::string(64, '0')).at("chain_stats").at("tx_count") == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "history comes newest first, the mempool before the chain, in pages of 25") {
  std::vector<std::string> order;
  for (int block = 0; block < 30; ++block) {
    order.push_back(fund());
    mine();
  }
  order.push_back(fund());
  std::reverse(order.begin(), order.end());
  auto base = "/scripthash/" + scripthash() + "/txs";
  std::vector<std::string> seen;
  auto first = read(base).as_array();
  CHECK(first.size() == 26);
  for (const auto& tx : first) seen.emplace_back(tx.at("txid").as_string());
  auto second = read(base + "/chain/" + seen.back()).as_array();
  CHECK(second.size() == 5);
  for (const auto& tx : second) seen.emplace_back(tx.at("txid").as_string());
  CHECK(seen == order);
  CHECK(read(base + "/chain/" + seen.back()).as_array().empty());
  CHECK(read(base + "/chain").as_array().size() == 25);
  CHECK(read(base + "/mempool").as_array().size() == 1);
  CHECK(read(base + "/chain/" + std::string(64, '1')).as_array().empty());
}

TEST_CASE_FIXTURE(Fixture, "outspends tell who spent what, waiting or mined") {
  auto txid = read("/block/" + get("/block-height/1").body + "/txids").as_array().at(0).as_string();
  auto path = "/tx/" + std::string(txid) + "/outspends";
  CHECK(read(path).as_array().at(0) == json::value(json::object{{"spent", false}}));
  std::string spender;
  // The faucet takes any of its ten mature coins, so all but the smallest sums need this one too.
  spender = fund(48'000'000'000);
  auto spent = read(path).as_array().at(0);
  CHECK(keysOf(spent) == Keys{"spent", "txid", "vin", "status"});
  CHECK(spent.at("txid").as_string() == spender);
  CHECK(spent.at("status").at("confirmed") == false);
  mine();
  CHECK(read(path).as_array().at(0).at("status").at("block_height") == 111);
}

TEST_CASE_FIXTURE(Fixture, "blocks are found by hash and height") {
  auto hash = get("/block-height/110").body;
  CHECK(hash == get("/blocks/tip/hash").body);
  CHECK(get("/blocks/tip/height").body == "110");
  auto block = read("/block/" + hash);
  CHECK(keysOf(block) == Keys{"id",
                              "height",
                              "version",
                              "timestamp",
                              "tx_count",
                              "size",
                              "weight",
                              "merkle_root",
                              "previousblockhash",
                              "mediantime",
                              "nonce",
                              "bits",
                              "difficulty"});
  CHECK(block.at("previousblockhash").as_string() == get("/block-height/109").body);
  CHECK(read("/block/" + get("/block-height/0").body).at("previousblockhash").is_null());
  CHECK(read("/block/" + hash + "/status").at("in_best_chain") == true);
  CHECK(read("/blocks").as_array().size() == 10);
  CHECK(read("/block/" + hash + "/txs").as_array().size() == 1);
  CHECK(get("/block-height/111").status == 404);
  CHECK(get("/block/" + std::string(64, '0')).status == 404);
  CHECK(read("/fee-estimates").at("6").as_double() > 0);
  CHECK(keysOf(read("/mempool")) == Keys{"count", "vsize", "total_fee", "fee_histogram"});
}

TEST_CASE_FIXTURE(
    Fixture, "broadcast takes a transaction in hex, answers its txid, or 400 with the reason") {
  auto txid = fund();
  auto raw = get("/tx/" + txid + "/hex").body;
  CHECK(post("/tx", raw + "\n").body == txid);
  mine();
  auto again = post("/tx", raw);
  CHECK(again.status == 400);
  CHECK(again.body ==
        "sendrawtransaction RPC error: {\"code\":-27,\"message\":\"Transaction already in block "
        "chain\"}");
  auto tx = *Transaction::parse(*bitcoin::fromHex(raw));
  tx.lockTime = 1;
  auto refused = post("/tx", bitcoin::toHex(tx.serialize()));
  CHECK(refused.status == 400);
  CHECK(refused.body.find("bad-txns-inputs-missingorspent") != std::string::npos);
  CHECK(post("/tx", "zz").status == 400);
  CHECK(post("/tx", "").status == 400);
}

TEST_CASE_FIXTURE(Fixture, "wrong requests get an error and change nothing") {
  for (const char* path : {"",
                           "/",
                           "/nothing",
                           "/tx",
                           "/tx/zz",
                           "/scripthash/00",
                           "/address/x",
                           "/block",
                           "/blocks/tip",
                           "/blocks/999999",
                           "/block-height/x",
                           "/mempool/x",
                           "/tx/00/hex/x"})
    CHECK_MESSAGE(get(path).status >= 400, path);
  CHECK(post("/regtest/mine", "[]").status == 400);
  CHECK(post("/regtest/mine", "{\"blocks\":0}").status == 400);
  CHECK(post("/regtest/mine", "{\"blocks\":\"1\"}").status == 400);
  CHECK(post("/regtest/mine", "{\"blocks\":1001}").status == 400);
  CHECK(post("/regtest/faucet", "{}").status == 400);
  CHECK(post("/regtest/faucet", "{\"address\":\"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\"}")
            .body == "address: wrong-network");
  CHECK(post("/regtest/faucet", "{\"address\":\"" + std::string(ADDRESS) + "\",\"amount\":-1}")
            .status == 400);
  CHECK(post("/regtest/faucet",
             "{\"address\":\"" + std::string(ADDRESS) + "\",\"amount\":2000000000000}")
            .status == 400);
  CHECK(get("/blocks/tip/height").body == "110");
  CHECK(post("/regtest/nothing", "{}").status == 404);
}

TEST_CASE_FIXTURE(Fixture, "mine pays the address that is given; reorg gives another chain") {
  REQUIRE(
      post("/regtest/mine", "{\"blocks\":2,\"address\":\"" + std::string(ADDRESS) + "\"}").status ==
      200);
  CHECK(read("/address/" + std::string(ADDRESS) + "/utxo").as_array().size() == 2);
  auto tip = get("/blocks/tip/hash").body;
  auto answer = json::parse(post("/regtest/reorg", "{\"depth\":2}").body);
  CHECK(answer.at("height") == 113);
  CHECK(answer.at("blocks").as_array().size() == 3);
  CHECK(get("/block/" + tip).status == 404);
  CHECK(read("/address/" + std::string(ADDRESS) + "/utxo").as_array().empty());
}

TEST_CASE("the binary serves it over HTTP, and ends when told") {
  auto io = kj::setupAsyncIo();
  kj::HttpHeaderTable table;
  DevnetProcess devnet({"--premine", "2"});
  auto address =
      io.provider->getNetwork().parseAddress("127.0.0.1", devnet.port()).wait(io.waitScope);
  auto client = kj::newHttpClient(io.provider->getTimer(), table, *address);
  auto get = [&](kj::StringPtr path) {
    auto response = client->request(kj::HttpMethod::GET, path, kj::HttpHeaders(table))
                        .response.wait(io.waitScope);
    auto body = response.body->readAllText().wait(io.waitScope);
    return std::pair<unsigned, std::string>(response.statusCode, body.cStr());
  };
  CHECK(get("/blocks/tip/height?x=1") == std::pair<unsigned, std::string>(200, "2"));
  CHECK(get("/nothing").first == 404);
  auto post = client->request(kj::HttpMethod::POST, "/regtest/mine", kj::HttpHeaders(table), 2);
  post.body->write("{}", 2).wait(io.waitScope);
  post.body = nullptr;
  auto response = post.response.wait(io.waitScope);
  CHECK(response.statusCode == 200);
  response.body->readAllBytes().wait(io.waitScope);
  CHECK(get("/blocks/tip/height").second == "3");
}

}  // namespace sallyport::devnet
