// Base58, bech32, scripts and addresses against the published vectors.
#include "broker/bitcoin/address.h"

#include <doctest/doctest.h>

#include <boost/json/object.hpp>

#include "broker/bitcoin/base58.h"
#include "broker/bitcoin/bech32.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin {
namespace {

std::string text(const boost::json::value& v) {
  return std::string(v.as_string().c_str(), v.as_string().size());
}

// BIP350 gives addresses for bc and tb.
Result<Bytes> parseAny(std::string_view address) {
  auto main = parseAddress(address, Network::MAINNET);
  return main ? main : parseAddress(address, Network::TESTNET4);
}

}  // namespace

TEST_CASE("base58 round-trips the published pairs and refuses strange characters") {
  CHECK(encodeBase58(*fromHex("73696d706c792061206c6f6e6720737472696e67")) ==
        "2cFupjhnEsSn59qHXstmK2ffpLv2");
  CHECK(toHex(*decodeBase58("1111111111")) == "00000000000000000000");
  for (const char* bad : {"0", "O", "I", "l", " 1", "1 ", "\n"})
    CHECK(decodeBase58(bad).error() == Error::BAD_BASE58);
  CHECK(decodeBase58(std::string(513, '1')).error() == Error::TOO_LARGE);
  if (auto file = vectors("core/base58_encode_decode.json")) {
    for (const auto& row : file->as_array()) {
      auto hex = text(row.as_array()[0]);
      auto encoded = text(row.as_array()[1]);
      CHECK(encodeBase58(*fromHex(hex)) == encoded);
      CHECK(*decodeBase58(encoded) == *fromHex(hex));
    }
  }
}

TEST_CASE("a changed character of a base58check text is noticed") {
  CHECK(decodeBase58Check("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"));
  CHECK(decodeBase58Check("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mp").error() == Error::BAD_CHECKSUM);
  CHECK(decodeBase58Check("1").error() == Error::TRUNCATED);
}

TEST_CASE("segwit addresses of BIP173 and BIP350 decode to their scripts and encode back") {
  const auto script = "0014751e76e8199196d454941c45d1b3a323f1433bd6";
  CHECK(toHex(*parseAddress("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", Network::MAINNET)) ==
        script);
  CHECK(*encodeAddress(*fromHex(script), Network::MAINNET) ==
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
  // A version 1 program with the checksum of version 0 (BIP350).
  CHECK_FALSE(parseAddress("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
                           Network::MAINNET));
  CHECK_FALSE(parseAddress("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", Network::MAINNET));
  CHECK_FALSE(parseAddress("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3tT", Network::MAINNET));
  if (auto file = vectors("bips/bip173-350-bech32.json")) {
    for (const char* set : {"bech32_BIP173", "bech32m_BIP350"}) {
      const auto& group = file->at(set).as_object();
      auto variant =
          std::string_view(set) == "bech32_BIP173" ? Bech32Variant::BECH32 : Bech32Variant::BECH32M;
      for (const auto& row : group.at("valid_strings").as_array()) {
        auto decoded = decodeBech32(text(row));
        REQUIRE_MESSAGE(decoded, text(row));
        CHECK(decoded->variant == variant);
      }
      for (const auto& row : group.at("invalid_strings").as_array()) {
        auto decoded = decodeBech32(text(row.at("string")));
        CHECK_MESSAGE((!decoded || decoded->variant != variant), text(row.at("string")));
      }
    }
    const auto& last = file->at("bech32m_BIP350").as_object();
    for (const auto& [key, value] : last) {
      if (key.find("address") == std::string_view::npos) continue;
      bool valid = key.starts_with("valid");
      for (const auto& row : value.as_array()) {
        auto address = text(row.at(valid                                 ? "address"
                                   : row.as_object().contains("address") ? "address"
                                                                         : "string"));
        auto parsed = parseAny(address);
        CHECK_MESSAGE(bool(parsed) == valid, address);
        if (valid && parsed) {
          for (const auto& [name, field] : row.as_object())
            if (name.find("script") != std::string_view::npos) CHECK(toHex(*parsed) == text(field));
        }
      }
    }
  }
}

TEST_CASE("addresses of all networks give Core's scripts and come back the same") {
  int addresses = 0;
  auto file = vectors("core/key_io_valid.json");
  if (file) {
    for (const auto& row : file->as_array()) {
      const auto& info = row.as_array()[2].as_object();
      if (info.at("isPrivkey").as_bool()) continue;
      auto chain = text(info.at("chain"));
      if (chain == "test") continue;  // the old testnet
      auto network = chain == "main" ? Network::MAINNET : *networkByName(chain);
      auto address = text(row.as_array()[0]);
      auto script = parseAddress(address, network);
      REQUIRE_MESSAGE(script, address);
      CHECK(toHex(*script) == text(row.as_array()[1]));
      CHECK(*encodeAddress(*script, network) == address);
      ++addresses;
    }
    CHECK(addresses > 30);
  }
  CHECK(toHex(*parseAddress("2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK", Network::REGTEST)) ==
        "a914ce0bba75891ff9ec60148d4bd4a09ee2dc5c933187");
}

TEST_CASE("an address of another network is refused by name") {
  CHECK(parseAddress("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network::REGTEST).error() ==
        Error::WRONG_NETWORK);
  CHECK(parseAddress("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", Network::REGTEST).error() ==
        Error::WRONG_NETWORK);
  CHECK(parseAddress("mzK2FFDEhxqHcmrJw1ysqFkVyhUULo45hZ", Network::MAINNET).error() ==
        Error::WRONG_NETWORK);
  CHECK_FALSE(parseAddress("", Network::MAINNET));
  CHECK_FALSE(parseAddress("1", Network::MAINNET));
}

TEST_CASE("scripts are classified, and pushes are the shortest") {
  CHECK(classify({}) == ScriptType::NON_STANDARD);
  CHECK(classify(*fromHex("6a0568656c6c6f")) == ScriptType::NULL_DATA);
  CHECK(classify(*fromHex("6a05")) == ScriptType::NON_STANDARD);
  CHECK(classify(*fromHex("001453")) == ScriptType::NON_STANDARD);
  CHECK(classify(*fromHex("51024e73")) == ScriptType::WITNESS_UNKNOWN);
  CHECK_FALSE(encodeAddress(*fromHex("6a0568656c6c6f"), Network::MAINNET));
  for (auto [n, hex] : {std::pair{0, "00"},
                        {1, "51"},
                        {16, "60"},
                        {17, "0111"},
                        {127, "017f"},
                        {128, "028000"},
                        {255, "02ff00"},
                        {256, "020001"},
                        {-1, "4f"},
                        {-2, "0182"},
                        {500000, "0320a107"}}) {
    Bytes script;
    pushInteger(script, n);
    CHECK(toHex(script) == hex);
  }
  Bytes script;
  pushData(script, Bytes(75, 1));
  CHECK(script[0] == 75);
  script.clear();
  pushData(script, Bytes(76, 1));
  CHECK(toHex(ByteView(script).first(2)) == "4c4c");
  script.clear();
  pushData(script, Bytes(256, 1));
  CHECK(toHex(ByteView(script).first(3)) == "4d0001");
  CHECK(pushesOf(script)->front().size() == 256);
}

}  // namespace sallyport::bitcoin
