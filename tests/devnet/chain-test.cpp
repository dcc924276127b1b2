// The node's rules: what it refuses and why, replacement, reorganisation, persistence.
#include <doctest/doctest.h>

#include <fstream>

#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/schnorr.h"
#include "broker/bitcoin/sighash.h"
#include "tests/devnet/node.h"

namespace sallyport::devnet {
namespace {

using namespace bitcoin;

// One key, its P2WPKH script, and payments with it.
class Payer {
 public:
  Payer() { m_secret[31] = 77; }

  Bytes script() const { return p2wpkhScript(hash160(key())); }
  PublicKey key() const { return *keys::publicKey(m_context, m_secret); }

  Transaction pay(const OutPoint& from,
                  Amount value,
                  std::int64_t amount,
                  std::uint32_t lockTime = 0) const {
    Transaction tx;
    tx.inputs.push_back({from, {}, SEQUENCE_RBF, {}});
    tx.outputs.push_back({*Amount::of(amount), script()});
    tx.lockTime = lockTime;
    sign(tx, value);
    return tx;
  }

  void sign(Transaction& tx, Amount value, std::size_t input = 0) const {
    auto digest = *segwitSighash(tx, input, p2pkhScript(hash160(key())), value, SIGHASH_ALL);
    auto signature = *keys::signEcdsa(m_context, m_secret, digest);
    signature.push_back(SIGHASH_ALL);
    tx.inputs[input].witness = {signature, toBytes(key())};
  }

 private:
  keys::Context m_context{std::array<std::uint8_t, 32>{3}};
  std::array<std::uint8_t, 32> m_secret{};
};

constexpr std::int64_t FUNDS = 1'000'000;

struct Fixture {
  std::uint32_t now = 1'800'000'000;
  Node node{{[this] { return now; }, {}, 105}};
  Payer payer;
  OutPoint coin;  // FUNDS of the payer's, confirmed

  Fixture() {
    auto payout = node.pay(payer.script(), *Amount::of(FUNDS));
    REQUIRE(!payout.refusal);
    node.mine(1, node.faucetScript());
    const auto& outputs = node.chain().transaction(*node.chain().find(payout.txid)).outputs;
    coin = {payout.txid, outputs[0].value.satoshis() == FUNDS ? 0U : 1U};
  }

  Transaction pay(std::int64_t fee) const {
    return payer.pay(coin, *Amount::of(FUNDS), FUNDS - fee);
  }
};

std::string reason(const Refusal& refusal) { return refusal.value_or("accepted"); }

}  // namespace

TEST_CASE("the chain starts at regtest's genesis block and blocks have work") {
  Fixture f;
  CHECK(f.node.chain().at(0).hash.hex() ==
        "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
  CHECK(f.node.chain().height() == 106);
  for (std::uint32_t h = 1; h <= 106; ++h)
    CHECK(f.node.chain().at(h).block.header.hasWork(REGTEST_BITS));
  CHECK(subsidyAt(149) == 5'000'000'000);
  CHECK(subsidyAt(150) == 2'500'000'000);
  CHECK(subsidyAt(150 * 64) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a good payment waits, is mined, and cannot come twice") {
  auto tx = pay(500);
  CHECK(reason(node.submit(tx)) == "accepted");
  CHECK(reason(node.submit(tx)) == "txn-already-in-mempool");
  node.mine(1, payer.script());
  CHECK(node.mempool().size() == 0);
  CHECK(node.chain().find(tx.txid())->height == 107);
  CHECK(reason(node.submit(tx)) == "txn-already-known");
  CHECK(node.chain().spender(coin)->txid == tx.txid());
  // The miner got the fee.
  CHECK(node.chain().transaction({107, 0}).outputs[0].value.satoshis() == 5'000'000'500);
}

TEST_CASE_FIXTURE(Fixture, "what breaks a rule is refused with Core's reason") {
  SUBCASE("a signature with one bit changed") {
    auto tx = pay(500);
    tx.inputs[0].witness[0][20] ^= 1;
    CHECK(reason(node.submit(tx)).starts_with("mandatory-script-verify-flag-failed"));
  }
  SUBCASE("an amount changed after signing") {
    auto tx = pay(500);
    tx.outputs[0].value = *Amount::of(FUNDS - 600);
    CHECK(reason(node.submit(tx)).starts_with("mandatory-script-verify-flag-failed"));
  }
  SUBCASE("a coin that was never there, or is spent") {
    auto tx = payer.pay({coin.txid, 9}, *Amount::of(FUNDS), 1000);
    CHECK(reason(node.submit(tx)) == "bad-txns-inputs-missingorspent");
    CHECK_FALSE(node.submit(pay(500)));
    node.mine(1, node.faucetScript());
    CHECK(reason(node.submit(pay(600))) == "bad-txns-inputs-missingorspent");
  }
  SUBCASE("more out than in") { CHECK(reason(node.submit(pay(-1))) == "bad-txns-in-belowout"); }
  SUBCASE("too low a fee: one input and one output take 110 vbytes") {
    CHECK(reason(node.submit(pay(109))) == "min relay fee not met, 109 < 110");
    CHECK_FALSE(node.submit(pay(110)));
  }
  SUBCASE("dust") {
    auto tx = payer.pay(coin, *Amount::of(FUNDS), 293);
    CHECK(reason(node.submit(tx)) == "dust");
  }
  SUBCASE("a lock time that has not come") {
    auto tx = payer.pay(coin, *Amount::of(FUNDS), FUNDS - 500, node.chain().height() + 1);
    CHECK(reason(node.submit(tx)) == "non-final");
    tx = payer.pay(coin, *Amount::of(FUNDS), FUNDS - 500, node.chain().height());
    CHECK(reason(node.submit(tx)) == "accepted");
  }
  SUBCASE("a relative lock time, which this node does not know") {
    auto tx = pay(500);
    tx.inputs[0].sequence = 10;
    payer.sign(tx, *Amount::of(FUNDS));
    CHECK(reason(node.submit(tx)) == "relative lock times are not supported by devnet");
  }
  SUBCASE("a coinbase") {
    auto tx = node.chain().transaction({1, 0});
    tx.lockTime = 1;
    CHECK(reason(node.submit(tx)) == "coinbase");
  }
}

TEST_CASE_FIXTURE(Fixture, "a mined coin is spendable after 100 blocks and not before") {
  node.mine(1, payer.script());
  auto height = node.chain().height();
  OutPoint mined{node.chain().tip().txids[0], 0};
  auto value = node.chain().transaction({height, 0}).outputs[0].value;
  auto tx = payer.pay(mined, value, value.satoshis() - 500);
  node.mine(98, node.faucetScript());
  CHECK(reason(node.submit(tx)) == "bad-txns-premature-spend-of-coinbase");
  node.mine(1, node.faucetScript());
  CHECK(reason(node.submit(tx)) == "accepted");
}

TEST_CASE_FIXTURE(Fixture,
                  "a double spend replaces only for more fee, and takes descendants along") {
  auto first = pay(500);
  REQUIRE_FALSE(node.submit(first));
  auto child = payer.pay({first.txid(), 0}, *Amount::of(FUNDS - 500), FUNDS - 1000);
  REQUIRE_FALSE(node.submit(child));
  CHECK(reason(node.submit(pay(400))).starts_with("insufficient fee"));
  // More than the first, but not more than both and its own relay.
  CHECK(reason(node.submit(pay(1109))).starts_with("insufficient fee"));
  CHECK(node.mempool().size() == 2);
  auto better = pay(1110);
  CHECK(reason(node.submit(better)) == "accepted");
  CHECK(node.mempool().size() == 1);
  CHECK(node.mempool().find(better.txid()) != nullptr);
  CHECK(node.mempool().spender(coin)->txid == better.txid());
}

TEST_CASE_FIXTURE(Fixture, "a transaction may not replace what it spends") {
  auto first = pay(500);
  REQUIRE_FALSE(node.submit(first));
  Transaction tx;
  tx.inputs.push_back({coin, {}, SEQUENCE_RBF, {}});
  tx.inputs.push_back({{first.txid(), 0}, {}, SEQUENCE_RBF, {}});
  tx.outputs.push_back({*Amount::of(FUNDS), payer.script()});
  payer.sign(tx, *Amount::of(FUNDS), 0);
  payer.sign(tx, *Amount::of(FUNDS - 500), 1);
  CHECK(reason(node.submit(tx)) == "bad-txns-spends-conflicting-tx");
}

TEST_CASE_FIXTURE(Fixture,
                  "a block with a conflicting payment drives the waiting one out, with its child") {
  auto waiting = pay(500);
  auto child = payer.pay({waiting.txid(), 0}, *Amount::of(FUNDS - 500), FUNDS - 1000);
  Node other({[this] { return now; }, {}, 0});
  for (std::uint32_t h = 1; h <= node.chain().height(); ++h)
    REQUIRE_FALSE(other.submitBlock(node.chain().at(h).block));
  REQUIRE_FALSE(other.submit(pay(600)));
  other.mine(1, payer.script());
  REQUIRE_FALSE(node.submit(waiting));
  REQUIRE_FALSE(node.submit(child));
  REQUIRE_FALSE(node.submitBlock(other.chain().tip().block));
  CHECK(node.mempool().size() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a reorganisation brings payments back to the mempool and another tip") {
  auto tx = pay(500);
  REQUIRE_FALSE(node.submit(tx));
  node.mine(3, node.faucetScript());
  auto height = node.chain().height();
  auto gone = node.chain().tip().hash;
  CHECK(node.reorganise(3).size() == 4);
  CHECK(node.chain().height() == height + 1);
  CHECK_FALSE(node.chain().heightOf(gone));
  CHECK_FALSE(node.chain().find(tx.txid()));
  CHECK(node.mempool().find(tx.txid()) != nullptr);
  CHECK_FALSE(node.chain().spender(coin));
  node.mine(1, node.faucetScript());
  CHECK(node.chain().find(tx.txid())->height == height + 2);
  // The funding itself can go as well: then what spends it waits behind it.
  node.reorganise(node.chain().height() - 105);
  CHECK(node.mempool().size() == 2);
  node.mine(1, node.faucetScript());
  CHECK(node.chain().find(tx.txid()));
}

TEST_CASE_FIXTURE(Fixture, "bad blocks are refused and change nothing") {
  Node other({[this] { return now; }, {}, 0});
  for (std::uint32_t h = 1; h <= node.chain().height(); ++h)
    REQUIRE_FALSE(other.submitBlock(node.chain().at(h).block));
  REQUIRE_FALSE(other.submit(pay(600)));
  other.mine(1, payer.script());
  auto good = other.chain().tip().block;
  auto tip = node.chain().tip().hash;
  auto mined = [](Block block, bool roots = true) {
    if (roots) block.header.merkleRoot = merkleRootOf(block.transactions).root;
    while (!block.header.hasWork(REGTEST_BITS)) ++block.header.nonce;
    return block;
  };
  auto bad = good;
  while (bad.header.hasWork(REGTEST_BITS)) ++bad.header.nonce;
  CHECK(reason(node.submitBlock(bad)) == "high-hash");
  bad = good;
  bad.header.previous = {};
  CHECK(reason(node.submitBlock(mined(bad))) == "prev-blk-not-found");
  bad = good;
  bad.header.time = 0;
  CHECK(reason(node.submitBlock(mined(bad))) == "time-too-old");
  bad = good;
  bad.transactions.pop_back();
  CHECK(reason(node.submitBlock(mined(bad, false))) == "bad-txnmrklroot");
  bad = good;
  bad.transactions[1].inputs[0].witness[0][20] ^= 1;
  CHECK(reason(node.submitBlock(mined(bad))) == "bad-witness-merkle-match");
  bad.transactions[0].outputs[1] = witnessCommitment(bad.transactions);
  CHECK(reason(node.submitBlock(mined(bad))).starts_with("mandatory-script-verify-flag-failed"));
  bad = good;
  bad.transactions[0].outputs[0].value = *bad.transactions[0].outputs[0].value.plus(*Amount::of(1));
  CHECK(reason(node.submitBlock(mined(bad))) == "bad-cb-amount");
  bad = good;
  bad.transactions[0].inputs[0].scriptSig[1] ^= 1;
  CHECK(reason(node.submitBlock(mined(bad))) == "bad-cb-height");
  CHECK(node.chain().tip().hash == tip);
  CHECK(node.chain().coin(coin) != nullptr);
  CHECK(reason(node.submitBlock(good)) == "accepted");
}

TEST_CASE("P2TR coins are paid and spent by their key") {
  Fixture f;
  keys::Context context(std::array<std::uint8_t, 32>{3});
  std::array<std::uint8_t, 32> secret{};
  secret[31] = 5;
  auto script = p2trScript(keys::taprootOutput(context, *keys::xOnlyKey(context, secret))->key);
  auto payout = f.node.pay(script, *Amount::of(FUNDS));
  REQUIRE(!payout.refusal);
  std::vector<TxOut> spent{{*Amount::of(FUNDS), script}};
  Transaction tx;
  tx.inputs.push_back({{payout.txid, 0}, {}, SEQUENCE_RBF, {}});
  tx.outputs.push_back({*Amount::of(FUNDS - 500), script});
  auto digest = *taprootSighash(tx, 0, spent, SIGHASH_DEFAULT);
  tx.inputs[0].witness = {
      toBytes(*keys::signTaproot(context, secret, std::nullopt, digest, secret))};
  auto forged = tx;
  forged.inputs[0].witness[0][5] ^= 1;
  CHECK(reason(f.node.submit(forged)).starts_with("mandatory-script-verify-flag-failed"));
  CHECK(reason(f.node.submit(tx)) == "accepted");
}

TEST_CASE("blocks are kept over a restart, and a record that was cut off is dropped") {
  char pattern[] = "/tmp/sallyport-devnet-XXXXXX";
  std::filesystem::path folder = ::mkdtemp(pattern);
  auto file = folder / "blocks";
  std::uint32_t now = 1'800'000'000;
  NodeOptions options{[&] { return now; }, file, 3};
  BlockHash tip;
  {
    Node node(options);
    node.mine(2, node.faucetScript());
    node.reorganise(1);
    tip = node.chain().tip().hash;
    CHECK(node.chain().height() == 6);
    CHECK_THROWS(Node(options));  // the file is in use
  }
  {
    Node node(options);
    CHECK(node.chain().tip().hash == tip);
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  {
    Node node(options);
    CHECK(node.chain().height() == 5);
    node.mine(1, node.faucetScript());
  }
  {
    Node node(options);
    CHECK(node.chain().height() == 6);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace sallyport::devnet
