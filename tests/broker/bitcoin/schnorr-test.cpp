// BIP340, BIP341 and BIP86 vectors.
#include "broker/bitcoin/keys/schnorr.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <sstream>

#include "broker/bitcoin/address.h"
#include "broker/bitcoin/hd.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin::keys {
namespace {

const Context& context() {
  static const Context CONTEXT(std::array<std::uint8_t, 32>{5});
  return CONTEXT;
}

std::string text(const boost::json::value& v) {
  return {v.as_string().data(), v.as_string().size()};
}

template <std::size_t N>
std::array<std::uint8_t, N> exactly(std::string_view hex) {
  auto bytes = fromHex(hex).value();
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}

}  // namespace

TEST_CASE("a signature made here verifies, and for no other key or message") {
  auto secret = exactly<32>(std::string(63, '0') + "3");
  auto key = *xOnlyKey(context(), secret);
  CHECK(toHex(key) == "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
  auto signature = *signSchnorr(context(), secret, {}, Digest32{});
  // BIP340, vector 0
  CHECK(toHex(signature) ==
        "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f38"
        "2d2ce5ebeee8fdb2172f"
        "477df4900d310536c0");
  CHECK(verifySchnorr(context(), key, {}, signature));
  Digest32 other{1};
  CHECK_FALSE(verifySchnorr(context(), key, other, signature));
  signature[63] ^= 1;
  CHECK_FALSE(verifySchnorr(context(), key, {}, signature));
}

TEST_CASE("BIP86's output key and address follow from the internal key") {
  auto output = *taprootOutput(
      context(), exactly<32>("cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115"));
  CHECK(*encodeAddress(p2trScript(output.key), Network::MAINNET) ==
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr");
}

TEST_CASE("BIP341's wallet vectors: output keys, and witnesses of key path inputs") {
  auto file = vectors("bips/bip341-wallet-test-vectors.json");
  if (!file) return;
  for (const auto& row : file->at("scriptPubKey").as_array()) {
    std::optional<Digest32> root;
    const auto& merkle = row.at("intermediary").at("merkleRoot");
    if (merkle.is_string()) root = exactly<32>(text(merkle));
    auto output =
        *taprootOutput(context(), exactly<32>(text(row.at("given").at("internalPubkey"))), root);
    CHECK(toHex(output.key) == text(row.at("intermediary").at("tweakedPubkey")));
  }
  for (const auto& in : file->at("keyPathSpending").as_array()[0].at("inputSpending").as_array()) {
    std::optional<Digest32> root;
    const auto& merkle = in.at("given").at("merkleRoot");
    if (merkle.is_string()) root = exactly<32>(text(merkle));
    auto signature = signTaproot(context(),
                                 exactly<32>(text(in.at("given").at("internalPrivkey"))),
                                 root,
                                 exactly<32>(text(in.at("intermediary").at("sigHash"))),
                                 Digest32{});
    auto expected = text(in.at("expected").at("witness").as_array()[0]);
    CHECK(toHex(*signature) == expected.substr(0, 128));
  }
}

TEST_CASE("BIP340's list of signatures is judged as published") {
  int checked = 0;
  for (const auto& line : vectorLines("bips/bip340-test-vectors.csv")) {
    std::vector<std::string> cells;
    std::stringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    // Messages of other lengths than a digest's are not for this function.
    if (cells.size() < 7 || cells[0] == "index" || cells[4].size() != 64) continue;
    auto message = exactly<32>(cells[4]);
    auto signature = exactly<64>(cells[5]);
    CHECK_MESSAGE(
        verifySchnorr(context(), exactly<32>(cells[2]), message, signature) == (cells[6] == "TRUE"),
        line);
    if (!cells[1].empty())
      CHECK(*signSchnorr(context(), exactly<32>(cells[1]), message, exactly<32>(cells[3])) ==
            signature);
    ++checked;
  }
  if (checked > 0) CHECK(checked >= 14);
}

}  // namespace sallyport::bitcoin::keys
