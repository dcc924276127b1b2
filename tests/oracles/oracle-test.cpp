// Our signer judged by a stranger: transactions made here go through Bitcoin Core's interpreter,
// and so do copies with one bit changed.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/schnorr.h"
#include "broker/bitcoin/keys/verify-input.h"
#include "broker/bitcoin/psbt.h"
#include "broker/bitcoin/script.h"

namespace sallyport::bitcoin {
namespace {

namespace json = boost::json;

struct Case {
  Bytes tx;
  std::vector<TxOut> spent;
};

// True for each that every input of is good.
std::vector<bool> judge(const std::vector<Case>& cases) {
  const char* oracle = std::getenv("SALLYPORT_ORACLE");
  REQUIRE_MESSAGE(oracle != nullptr, "run it through ctest, or with SALLYPORT_ORACLE set");
  char pattern[] = "/tmp/sallyport-oracle-XXXXXX";
  std::filesystem::path folder = ::mkdtemp(pattern);
  std::ofstream in(folder / "in");
  for (const auto& c : cases) {
    json::array inputs;
    for (const auto& spent : c.spent)
      inputs.push_back(
          json::object{{"script", toHex(spent.script)}, {"amount", spent.value.satoshis()}});
    in << json::serialize(json::object{{"tx", toHex(c.tx)}, {"inputs", inputs}}) << '\n';
  }
  in.close();
  auto command = "'" + std::string(oracle) + "' <" + (folder / "in").string() + " >" +
                 (folder / "out").string();
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream out(folder / "out");
  std::vector<bool> verdicts;
  for (std::string line; std::getline(out, line);)
    verdicts.push_back(json::parse(line).at("ok").as_bool());
  std::filesystem::remove_all(folder);
  REQUIRE(verdicts.size() == cases.size());
  return verdicts;
}

using Random = std::mt19937_64;

class Signer {
 public:
  explicit Signer(Random& random) {
    for (auto& b : m_secret) b = static_cast<std::uint8_t>(random());
    m_key = keys::publicKey(m_context, m_secret).value();
  }

  Bytes script(ScriptType type) const {
    switch (type) {
      case ScriptType::P2PKH:
        return p2pkhScript(hash160(m_key));
      case ScriptType::P2SH:
        return p2shScript(hash160(p2wpkhScript(hash160(m_key))));
      case ScriptType::P2TR: {
        auto internal = keys::xOnlyKey(m_context, m_secret).value();
        return p2trScript(keys::taprootOutput(m_context, internal).value().key);
      }
      default:
        return p2wpkhScript(hash160(m_key));
    }
  }

  void sign(Psbt& psbt, std::size_t i, const std::vector<TxOut>& spent) const {
    auto& input = psbt.inputs[i];
    auto type = classify(spent[i].script);
    if (type == ScriptType::P2TR) {
      auto digest = taprootSighash(psbt.tx, i, spent, SIGHASH_DEFAULT).value();
      input.setFinal(
          {},
          {toBytes(
              keys::signTaproot(m_context, m_secret, std::nullopt, digest, m_secret).value())});
      return;
    }
    auto code = p2pkhScript(hash160(m_key));
    auto digest = type == ScriptType::P2PKH
                      ? legacySighash(psbt.tx, i, code, SIGHASH_ALL)
                      : segwitSighash(psbt.tx, i, code, spent[i].value, SIGHASH_ALL);
    auto signature = keys::signEcdsa(m_context, m_secret, digest.value()).value();
    signature.push_back(SIGHASH_ALL);
    if (type == ScriptType::P2SH) input.setRedeemScript(p2wpkhScript(hash160(m_key)));
    input.addPartialSignature(m_key, signature);
  }

 private:
  keys::Context m_context{std::array<std::uint8_t, 32>{1}};
  std::array<std::uint8_t, 32> m_secret{};
  PublicKey m_key{};
};

// A payment from one to three random keys, made through a PSBT.
Case payment(Random& random, const std::vector<ScriptType>& types) {
  std::vector<Signer> signers;
  std::vector<TxOut> spent;
  Transaction tx;
  for (auto count = random() % 3 + 1; count > 0; --count) {
    signers.emplace_back(random);
    spent.push_back({*Amount::of(static_cast<std::int64_t>(random() % 1'000'000 + 10'000)),
                     signers.back().script(types[random() % types.size()])});
    TxIn in;
    for (auto& b : in.previous.txid.bytes) b = static_cast<std::uint8_t>(random());
    in.previous.index = static_cast<std::uint32_t>(random() % 5);
    in.sequence = SEQUENCE_RBF;
    tx.inputs.push_back(in);
  }
  for (auto count = random() % 3 + 1; count > 0; --count)
    tx.outputs.push_back({*Amount::of(static_cast<std::int64_t>(random() % 10'000)),
                          Signer(random).script(types[0])});
  tx.lockTime = static_cast<std::uint32_t>(random() % 500'000);
  auto psbt = Psbt::create(tx).value();
  for (std::size_t i = 0; i < signers.size(); ++i) {
    psbt.inputs[i].setWitnessUtxo(spent[i]);
    signers[i].sign(psbt, i, spent);
  }
  REQUIRE(psbt.finalize().has_value());
  return {psbt.extract().value().serialize(), spent};
}

bool weAccept(const Case& c) {
  keys::Context context(std::array<std::uint8_t, 32>{1});
  auto tx = Transaction::parse(c.tx);
  if (!tx || tx->inputs.size() != c.spent.size()) return false;
  for (std::size_t i = 0; i < c.spent.size(); ++i)
    if (!keys::verifyInput(context, *tx, i, c.spent)) return false;
  return true;
}

std::vector<Case> payments(std::uint64_t seed, int count, const std::vector<ScriptType>& types) {
  Random random(seed);
  std::vector<Case> out;
  for (int i = 0; i < count; ++i) out.push_back(payment(random, types));
  return out;
}

const std::vector<ScriptType> ALL_TYPES = {
    ScriptType::P2WPKH, ScriptType::P2SH, ScriptType::P2PKH, ScriptType::P2TR};

}  // namespace

TEST_CASE("Bitcoin Core's interpreter accepts our P2WPKH payments") {
  auto cases = payments(std::random_device{}(), 40, {ScriptType::P2WPKH});
  auto verdicts = judge(cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CHECK_MESSAGE(verdicts[i], toHex(cases[i].tx));
    CHECK(weAccept(cases[i]));
  }
}

TEST_CASE("it accepts payments of all kinds of coins mixed") {
  auto cases = payments(std::random_device{}(), 40, ALL_TYPES);
  auto verdicts = judge(cases);
  for (std::size_t i = 0; i < cases.size(); ++i) CHECK_MESSAGE(verdicts[i], toHex(cases[i].tx));
}

TEST_CASE("any single bit changed, and it refuses, as we do") {
  Random random(std::random_device{}());
  auto cases = payments(random(), 200, ALL_TYPES);
  for (auto& c : cases) {
    auto bit = random() % (c.tx.size() * 8);
    c.tx[bit / 8] = static_cast<std::uint8_t>(c.tx[bit / 8] ^ 1U << bit % 8);
  }
  auto verdicts = judge(cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CHECK_MESSAGE(!verdicts[i], toHex(cases[i].tx));
    CHECK_MESSAGE(!weAccept(cases[i]), toHex(cases[i].tx));
  }
}

TEST_CASE("a lie about the amount that is spent is refused for segwit coins") {
  auto cases = payments(std::random_device{}(), 20, {ScriptType::P2WPKH, ScriptType::P2TR});
  for (auto& c : cases) c.spent[0].value = *c.spent[0].value.plus(*Amount::of(1));
  auto verdicts = judge(cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CHECK_FALSE(verdicts[i]);
    CHECK_FALSE(weAccept(cases[i]));
  }
}

}  // namespace sallyport::bitcoin
