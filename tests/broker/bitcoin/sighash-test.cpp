// Digests against the examples of BIP143 and BIP341.
#include "broker/bitcoin/sighash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <map>

#include "broker/bitcoin/script.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin {
namespace {

std::string text(const boost::json::value& v) {
  return {v.as_string().data(), v.as_string().size()};
}

constexpr std::string_view NATIVE_P2WPKH =
    "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef"
    "51e1b804cc89d182d2"
    "79655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b3"
    "7df378db99f66f85c9"
    "5a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac110000"
    "00";

Transaction native() { return *Transaction::parse(*fromHex(NATIVE_P2WPKH)); }

Digest32 nativeDigest(const Transaction& tx,
                      std::int64_t amount = 600000000,
                      std::uint32_t type = SIGHASH_ALL) {
  auto code = *fromHex("76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac");
  return *segwitSighash(tx, 1, code, *Amount::of(amount), type);
}

std::pair<const Transaction*, std::size_t> findInput(const std::vector<Transaction>& known,
                                                     const Bytes& outpoint) {
  for (const auto& tx : known) {
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
      const auto& previous = tx.inputs[i].previous;
      if (std::equal(previous.txid.bytes.begin(), previous.txid.bytes.end(), outpoint.begin()) &&
          previous.index == (outpoint[32] | static_cast<unsigned>(outpoint[33]) << 8))
        return {&tx, i};
    }
  }
  return {nullptr, 0};
}

}  // namespace

TEST_CASE("BIP143's native P2WPKH example has its digest") {
  CHECK(toHex(nativeDigest(native())) ==
        "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
}

TEST_CASE("each thing that a segwit signature covers changes the digest") {
  auto digest = nativeDigest(native());
  auto changed = [&](auto change) {
    auto tx = native();
    change(tx);
    return nativeDigest(tx) != digest;
  };
  CHECK(changed([](Transaction& tx) { tx.version = 2; }));
  CHECK(changed([](Transaction& tx) { tx.lockTime += 1; }));
  CHECK(changed([](Transaction& tx) { tx.inputs[0].previous.index += 1; }));
  CHECK(changed([](Transaction& tx) { tx.inputs[0].sequence += 1; }));
  CHECK(changed([](Transaction& tx) { tx.outputs[0].script[3] ^= 1; }));
  CHECK(changed([](Transaction& tx) { tx.outputs[1].value = {}; }));
  CHECK(nativeDigest(native(), 600000001) != digest);
  CHECK(nativeDigest(native(), 600000000, SIGHASH_ALL | SIGHASH_ANYONECANPAY) != digest);
  CHECK_FALSE(changed([](Transaction& tx) { tx.inputs[0].scriptSig = {1, 2}; }));
  CHECK(segwitSighash(native(), 2, {}, {}, SIGHASH_ALL).error() == Error::BAD_INDEX);
}

TEST_CASE(
    "BIP143's examples: every digest follows from its transaction, script code, amount and type") {
  auto file = vectors("bips/bip143-examples.json");
  if (!file) return;
  int checked = 0;
  for (const auto& example : file->as_array()) {
    std::vector<Transaction> known;
    std::map<std::string, Bytes> last;  // the fields as they were last given
    for (const auto& f : example.at("fields").as_array())
      if (auto bytes = f.as_object().contains("hex") ? fromHex(text(f.at("hex"))) : Error::BAD_HEX)
        if (auto tx = Transaction::parse(*bytes); tx && !tx->inputs.empty()) known.push_back(*tx);
    for (const auto& f : example.at("fields").as_array()) {
      auto bytes = f.as_object().contains("hex") ? fromHex(text(f.at("hex"))) : Error::BAD_HEX;
      if (!bytes) continue;
      last[text(f.at("field"))] = *bytes;
      if (text(f.at("field")) != "sigHash") continue;
      auto in = findInput(known, last.at("outpoint"));
      if (in.first == nullptr) continue;  // the transcription leaves one transaction out
      auto code = last.at("scriptCode");
      code.erase(code.begin(), code.begin() + (code[0] == 0xfd ? 3 : 1));
      std::int64_t value = 0;
      for (std::size_t i = 8; i-- > 0;) value = value << 8 | last.at("amount")[i];
      auto digest =
          segwitSighash(*in.first, in.second, code, *Amount::of(value), last.at("nHashType")[0]);
      CHECK(toHex(*digest) == toHex(*bytes));
      ++checked;
    }
  }
  CHECK(checked == 11);
}

TEST_CASE("a legacy digest skips code separators, knows the type and the bug of SINGLE") {
  auto tx = native();
  auto code = *fromHex("2103c9f4836b9a4f77fc0d81f7bcb01b7f1b35916864b9476c241ce9fc198bd25432ac");
  auto digest = *legacySighash(tx, 0, code, SIGHASH_ALL);
  auto separated = code;
  separated.insert(separated.begin(), 0xab);
  CHECK(*legacySighash(tx, 0, separated, SIGHASH_ALL) == digest);
  CHECK(*legacySighash(tx, 1, code, SIGHASH_ALL) != digest);
  CHECK(*legacySighash(tx, 0, code, SIGHASH_NONE) != digest);
  tx.outputs.pop_back();
  CHECK(toHex(*legacySighash(tx, 1, code, SIGHASH_SINGLE)) == "01" + std::string(62, '0'));
}

TEST_CASE("BIP341's key path inputs have their digests") {
  auto file = vectors("bips/bip341-wallet-test-vectors.json");
  if (!file) return;
  const auto& spending = file->at("keyPathSpending").as_array()[0];
  auto tx = *Transaction::parse(*fromHex(text(spending.at("given").at("rawUnsignedTx"))));
  std::vector<TxOut> spent;
  for (const auto& u : spending.at("given").at("utxosSpent").as_array())
    spent.push_back(
        {*Amount::of(u.at("amountSats").as_int64()), *fromHex(text(u.at("scriptPubKey")))});
  int checked = 0;
  for (const auto& in : spending.at("inputSpending").as_array()) {
    auto index = static_cast<std::size_t>(in.at("given").at("txinIndex").as_int64());
    auto type = static_cast<std::uint8_t>(in.at("given").at("hashType").as_int64());
    CHECK(toHex(*taprootSighash(tx, index, spent, type)) ==
          text(in.at("intermediary").at("sigHash")));
    ++checked;
  }
  CHECK(checked == 7);
  CHECK(taprootSighash(tx, 0, spent, 4).error() == Error::UNKNOWN_SIGHASH);
  CHECK(taprootSighash(tx, 0, spent, 0x80).error() == Error::UNKNOWN_SIGHASH);
  spent.pop_back();
  CHECK(taprootSighash(tx, 0, spent, 0).error() == Error::BAD_INDEX);
}

}  // namespace sallyport::bitcoin
