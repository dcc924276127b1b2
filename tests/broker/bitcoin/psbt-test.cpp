// PSBTs against BIP174's vectors, and one payment through all roles.
#include "broker/bitcoin/psbt.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <random>

#include "broker/bitcoin/base58.h"
#include "broker/bitcoin/base64.h"
#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/schnorr.h"
#include "broker/bitcoin/keys/verify-input.h"
#include "broker/bitcoin/script.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin {
namespace {

std::string text(const boost::json::value& v) {
  return {v.as_string().data(), v.as_string().size()};
}

Result<Psbt> fromText(std::string_view base64) {
  auto bytes = decodeBase64(base64);
  if (!bytes) return bytes.error();
  return Psbt::parse(*bytes);
}

const keys::Context& context() {
  static const keys::Context CONTEXT(std::array<std::uint8_t, 32>{9});
  return CONTEXT;
}

using Secret = std::array<std::uint8_t, 32>;

Secret secret(std::uint8_t n) {
  Secret out{};
  out[31] = n;
  return out;
}

// A transaction that paid `script` twice, and one that spends both.
struct Payment {
  Transaction funding;
  Psbt psbt;
};

Payment payment(const Bytes& script) {
  Payment out;
  out.funding.inputs.resize(1);
  out.funding.inputs[0].previous.index = 5;
  out.funding.outputs = {{*Amount::of(60000), script}, {*Amount::of(50000), script}};
  Transaction tx;
  for (std::uint32_t i = 0; i < 2; ++i)
    tx.inputs.push_back({{out.funding.txid(), i}, {}, SEQUENCE_RBF, {}});
  tx.outputs = {{*Amount::of(100000), *fromHex("0014751e76e8199196d454941c45d1b3a323f1433bd6")}};
  out.psbt = *Psbt::create(tx);
  for (auto& in : out.psbt.inputs) in.setPreviousTransaction(out.funding);
  return out;
}

}  // namespace

TEST_CASE(
    "a P2WPKH payment goes through create, sign, finalise and extract, and only a whole one") {
  auto key = *keys::publicKey(context(), secret(1));
  auto script = p2wpkhScript(hash160(key));
  auto made = payment(script);
  auto& psbt = made.psbt;
  psbt.inputs[0].addDerivation({key, {{1, 2, 3, 4}, {hardened(84), 7}}});
  psbt.outputs[0].addDerivation({key, {{1, 2, 3, 4}, {0}}});
  CHECK(psbt.fee()->satoshis() == 10000);
  CHECK(psbt.finalize().error() == Error::NOT_SIGNED);
  for (std::size_t i = 0; i < 2; ++i) {
    auto spent = *psbt.spentOutput(i);
    auto digest = *segwitSighash(psbt.tx, i, p2pkhScript(hash160(key)), spent.value, SIGHASH_ALL);
    auto signature = *keys::signEcdsa(context(), secret(1), digest);
    signature.push_back(SIGHASH_ALL);
    CHECK(psbt.extract().error() == Error::NOT_SIGNED);
    psbt.inputs[i].addPartialSignature(key, signature);
  }
  auto copy = *Psbt::parse(psbt.serialize());
  CHECK(copy == psbt);
  CHECK(copy.inputs[0].derivations().at(0).origin.path == Path{hardened(84), 7});
  CHECK(copy.outputs[0].derivations().at(0).key == key);
  REQUIRE(psbt.finalize());
  CHECK(psbt.inputs[0].partialSignatureCount() == 0);
  CHECK(psbt.inputs[0].derivations().empty());
  CHECK(psbt.inputs[0].previousTransaction().has_value());
  auto tx = *psbt.extract();
  CHECK(tx.txid() == psbt.tx.txid());
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(keys::verifyInput(context(), tx, i, made.funding.outputs));
  auto forged = tx;
  forged.outputs[0].value = *Amount::of(99999);
  CHECK(keys::verifyInput(context(), forged, 0, made.funding.outputs).error() ==
        Error::BAD_SIGNATURE);
  forged = tx;
  std::swap(forged.inputs[0].witness, forged.inputs[1].witness);
  CHECK(keys::verifyInput(context(), forged, 0, made.funding.outputs).error() ==
        Error::BAD_SIGNATURE);
  auto lied = made.funding.outputs;
  lied[0].value = *Amount::of(60001);
  CHECK(keys::verifyInput(context(), tx, 0, lied).error() == Error::BAD_SIGNATURE);
}

TEST_CASE("P2PKH, P2SH-P2WPKH and taproot key inputs verify, and a changed bit does not") {
  auto key = *keys::publicKey(context(), secret(3));
  auto keyHash = hash160(key);
  SUBCASE("P2PKH") {
    auto made = payment(p2pkhScript(keyHash));
    for (std::size_t i = 0; i < 2; ++i) {
      auto signature = *keys::signEcdsa(
          context(), secret(3), *legacySighash(made.psbt.tx, i, p2pkhScript(keyHash), SIGHASH_ALL));
      signature.push_back(SIGHASH_ALL);
      made.psbt.inputs[i].addPartialSignature(key, signature);
    }
    REQUIRE(made.psbt.finalize());
    auto tx = *made.psbt.extract();
    CHECK(keys::verifyInput(context(), tx, 1, made.funding.outputs));
    tx.inputs[1].scriptSig[10] ^= 1;
    CHECK_FALSE(keys::verifyInput(context(), tx, 1, made.funding.outputs));
  }
  SUBCASE("P2SH-P2WPKH") {
    auto redeem = p2wpkhScript(keyHash);
    auto made = payment(p2shScript(hash160(redeem)));
    for (std::size_t i = 0; i < 2; ++i) {
      auto digest = *segwitSighash(
          made.psbt.tx, i, p2pkhScript(keyHash), made.psbt.spentOutput(i)->value, SIGHASH_ALL);
      auto signature = *keys::signEcdsa(context(), secret(3), digest);
      signature.push_back(SIGHASH_ALL);
      made.psbt.inputs[i].addPartialSignature(key, signature);
      made.psbt.inputs[i].setRedeemScript(redeem);
    }
    REQUIRE(made.psbt.finalize());
    auto tx = *made.psbt.extract();
    CHECK(keys::verifyInput(context(), tx, 1, made.funding.outputs));
    tx.inputs[1].witness[0][10] ^= 1;
    CHECK_FALSE(keys::verifyInput(context(), tx, 1, made.funding.outputs));
  }
  SUBCASE("P2TR") {
    auto internal = *keys::xOnlyKey(context(), secret(3));
    auto made = payment(p2trScript(keys::taprootOutput(context(), internal)->key));
    auto tx = made.psbt.tx;
    for (std::size_t i = 0; i < 2; ++i) {
      auto digest = *taprootSighash(tx, i, made.funding.outputs, SIGHASH_DEFAULT);
      tx.inputs[i].witness = {
          toBytes(*keys::signTaproot(context(), secret(3), std::nullopt, digest, secret(8)))};
    }
    CHECK(keys::verifyInput(context(), tx, 0, made.funding.outputs));
    CHECK(keys::verifyInput(context(), tx, 1, made.funding.outputs));
    tx.inputs[1].witness[0].push_back(0);
    CHECK(keys::verifyInput(context(), tx, 1, made.funding.outputs).error() ==
          Error::BAD_SIGNATURE);
    tx.inputs[1].witness[0].resize(64);
    tx.inputs[1].witness[0][10] ^= 1;
    CHECK_FALSE(keys::verifyInput(context(), tx, 1, made.funding.outputs));
  }
}

TEST_CASE("a previous transaction that is another one, or another amount, is noticed") {
  auto made = payment(p2wpkhScript({}));
  auto& input = made.psbt.inputs[0];
  CHECK(made.psbt.spentOutput(0)->value.satoshis() == 60000);
  input.setWitnessUtxo({*Amount::of(60001), p2wpkhScript({})});
  CHECK(made.psbt.spentOutput(0).error() == Error::UTXO_MISMATCH);
  input.setWitnessUtxo({*Amount::of(60000), p2wpkhScript({})});
  CHECK(made.psbt.spentOutput(0));
  made.funding.lockTime = 1;
  input.setPreviousTransaction(made.funding);
  CHECK(made.psbt.spentOutput(0).error() == Error::UTXO_MISMATCH);
  input.fields.clear();
  CHECK(made.psbt.spentOutput(0).error() == Error::MISSING_UTXO);
  CHECK(made.psbt.spentOutput(2).error() == Error::BAD_INDEX);
}

TEST_CASE("PSBTs for one transaction combine, others do not") {
  auto one = payment(p2wpkhScript({})).psbt;
  auto two = one;
  auto keyOne = *keys::publicKey(context(), secret(1));
  auto keyTwo = *keys::publicKey(context(), secret(2));
  one.inputs[0].addPartialSignature(keyOne, Bytes(9, 1));
  two.inputs[0].addPartialSignature(keyTwo, Bytes(9, 2));
  two.inputs[1].fields[{0xf0, 1}] = {7};
  auto both = *Psbt::combine(std::array{one, two});
  CHECK(both.inputs[0].partialSignatureCount() == 2);
  CHECK(both.inputs[1].fields.at({0xf0, 1}) == Bytes{7});
  two.tx.lockTime = 9;
  CHECK(Psbt::combine(std::array{one, two}).error() == Error::DIFFERENT_PSBT);
}

TEST_CASE("doubled keys, truncation and leftovers are refused, unknown fields survive") {
  auto psbt = payment(p2wpkhScript({})).psbt;
  psbt.inputs[0].fields[{0xf0, 1}] = {7};
  psbt.globals[{0xf1}] = {};
  auto raw = psbt.serialize();
  CHECK(*Psbt::parse(raw) == psbt);
  for (std::size_t size = 0; size < raw.size(); ++size)
    CHECK_FALSE(Psbt::parse(ByteView(raw).first(size)));
  auto longer = raw;
  longer.push_back(0);
  CHECK(Psbt::parse(longer).error() == Error::TRAILING_DATA);
  // The same unknown field again, in front of the end of the first input's map.
  auto doubled = psbt.inputs[0];
  Bytes field{2, 0xf0, 1, 1, 7};
  auto at = std::search(raw.begin(), raw.end(), field.begin(), field.end());
  REQUIRE(at != raw.end());
  raw.insert(at, field.begin(), field.end());
  CHECK(Psbt::parse(raw).error() == Error::DUPLICATE_KEY);
  CHECK(Psbt::parse({}).error() == Error::BAD_PSBT);
}

TEST_CASE("base64 takes one form only") {
  CHECK(encodeBase64(asBytes("light w")) == "bGlnaHQgdw==");
  CHECK(*decodeBase64("bGlnaHQgdw==") == toBytes(asBytes("light w")));
  CHECK(decodeBase64("")->empty());
  for (const char* bad : {"bGln\n", "bGlnaHQgdw=", "bGlnaHQgdx==", "=AAA", "AA=A", "A===", "bGl-"})
    CHECK_MESSAGE(decodeBase64(bad).error() == Error::NON_CANONICAL, bad);
}

TEST_CASE("BIP174's valid PSBTs are read and written back, its invalid ones refused") {
  auto file = vectors("bips/bip174.json");
  if (!file) return;
  int valid = 0;
  for (const auto& row : file->at("valid psbts").as_array()) {
    auto psbt = fromText(text(row.at("encoded psbt")));
    REQUIRE_MESSAGE(psbt, text(row.at("description")));
    CHECK(*Psbt::parse(psbt->serialize()) == *psbt);
    ++valid;
  }
  CHECK(valid == 10);
  for (const auto& row : file->at("invalid psbts").as_array())
    CHECK_MESSAGE(!fromText(text(row.at("encoded psbt"))), text(row.at("description")));
}

TEST_CASE("Core's lists of valid and invalid PSBTs are judged alike, and its combiner agrees") {
  auto file = vectors("core/rpc_psbt.json");
  if (!file) return;
  for (const auto& row : file->at("invalid").as_array())
    CHECK_MESSAGE(!fromText(text(row)), text(row));
  int versionTwo = 0;
  for (const auto& row : file->at("valid").as_array()) {
    auto psbt = fromText(text(row));
    if (!psbt && psbt.error() == Error::NOT_SUPPORTED) {
      ++versionTwo;
    } else {
      CHECK_MESSAGE(psbt, text(row));
    }
  }
  CHECK(versionTwo == 14);
  for (const auto& row : file->at("combiner").as_array()) {
    std::vector<Psbt> parts;
    for (const auto& part : row.at("combine").as_array()) parts.push_back(*fromText(text(part)));
    CHECK(*Psbt::combine(parts) == *fromText(text(row.at("result"))));
  }
  for (const auto& row : file->at("extractor").as_array())
    CHECK(toHex(fromText(text(row.at("extract")))->extract()->serialize()) ==
          text(row.at("result")));
}

TEST_CASE("BIP371's taproot fields are read when right, and refused when wrong") {
  auto file = vectors("bips/bip371.json");
  if (!file) return;
  for (const auto& row : file->at("valid psbts").as_array())
    CHECK_MESSAGE(fromText(text(row.at("encoded psbt"))), text(row.at("description")));
  for (const auto& row : file->at("invalid psbts").as_array())
    CHECK_MESSAGE(!fromText(text(row.at("encoded psbt"))), text(row.at("description")));
}

TEST_CASE("version 2, and version 0 with its fields, are refused (BIP370)") {
  auto file = vectors("bips/bip370.json");
  if (!file) return;
  for (const char* list : {"valid psbts", "invalid psbts"})
    for (const auto& row : file->at(list).as_array())
      CHECK_MESSAGE(!fromText(text(row.at("encoded psbt"))), text(row.at("description")));
}

TEST_CASE("our signatures are Core's, bit for bit (its signer vectors)") {
  auto file = vectors("core/rpc_psbt.json");
  if (!file) return;
  int compared = 0;
  for (const auto& row : file->at("signer").as_array()) {
    // The others hold signatures made elsewhere, some of them wrong on purpose, which a signer
    // leaves alone.
    if (row.at("psbt") == row.at("result")) continue;
    auto psbt = *fromText(text(row.at("result")));
    for (const auto& wif : row.at("privkeys").as_array()) {
      auto raw = *decodeBase58Check(text(wif));
      Secret key;
      std::copy_n(raw.begin() + 1, 32, key.begin());
      auto publicKey = *keys::publicKey(context(), key);
      for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        auto expected = psbt.inputs[i].partialSignature(publicKey);
        if (!expected) continue;
        auto witness = psbt.inputs[i].fields.find({0x05});
        auto digest =
            witness == psbt.inputs[i].fields.end()
                ? legacySighash(psbt.tx, i, *psbt.inputs[i].redeemScript(), SIGHASH_ALL)
                : segwitSighash(
                      psbt.tx, i, witness->second, psbt.spentOutput(i)->value, SIGHASH_ALL);
        auto signature = *keys::signEcdsa(context(), key, *digest);
        signature.push_back(SIGHASH_ALL);
        CHECK(toHex(signature) == toHex(*expected));
        ++compared;
      }
    }
  }
  CHECK(compared == 4);
}

TEST_CASE("damaged bytes are refused or read as something else, and never do more") {
  auto made = payment(p2wpkhScript({}));
  made.psbt.inputs[0].addDerivation(
      {*keys::publicKey(context(), secret(1)), {{1, 2, 3, 4}, {hardened(84), 7}}});
  made.psbt.inputs[1].setFinal(Bytes{1, 2}, {{3}, {}});
  auto psbt = made.psbt.serialize();
  auto tx = made.funding.serialize();
  std::mt19937_64 random(11);
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = round % 2 == 0 ? psbt : tx;
    for (auto times = random() % 4 + 1; times > 0; --times) {
      auto at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        default:
          damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                         static_cast<std::uint8_t>(random()));
      }
    }
    if (auto read = Transaction::parse(damaged)) CHECK(read->serialize() == damaged);
    if (auto read = Psbt::parse(damaged)) {
      CHECK(*Psbt::parse(read->serialize()) == *read);
      static_cast<void>(read->fee());
      static_cast<void>(read->finalize());
      static_cast<void>(read->extract());
    }
  }
}

}  // namespace sallyport::bitcoin
