// Mnemonics, BIP32 from both sides, and signatures, against the published vectors.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <random>

#include "broker/bitcoin/base58.h"
#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/mnemonic.h"
#include "broker/bitcoin/keys/private-node.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin::keys {
namespace {

using Node = std::array<std::uint8_t, NODE_BYTES>;

const Context& context() {
  static const Context CONTEXT(std::array<std::uint8_t, 32>{7});
  return CONTEXT;
}

std::string text(const boost::json::value& v) {
  return {v.as_string().data(), v.as_string().size()};
}

std::string words(const std::string& entropy) {
  std::array<char, MAX_MNEMONIC_CHARACTERS> out;
  auto size = mnemonicFromEntropy(*fromHex(entropy), out);
  return size ? std::string(out.data(), *size) : std::string(errorName(size.error()));
}

std::string entropyOf(std::string_view mnemonic) {
  std::array<std::uint8_t, MAX_ENTROPY_BYTES> out;
  auto size = mnemonicToEntropy(mnemonic, out);
  return size ? toHex(ByteView(out).first(*size)) : std::string(errorName(size.error()));
}

std::array<std::uint8_t, 64> seedOf(std::string_view mnemonic, std::string_view passphrase) {
  std::array<std::uint8_t, 64> out;
  mnemonicToSeed(mnemonic, passphrase, out).value();
  return out;
}

Node master(ByteView seed) {
  Node out;
  masterNode(context(), seed, out).value();
  return out;
}

// The library offers no such thing on purpose; here it is for the vectors.
std::string xprv(const Node& node, const ExtendedPublicKey& place) {
  auto bytes = *decodeBase58Check(place.encode(Network::MAINNET));
  bytes[2] = 0xad;  // 0488b21e -> 0488ade4
  bytes[3] = 0xe4;
  bytes[45] = 0;
  std::copy_n(node.begin(), 32, bytes.begin() + 46);
  return encodeBase58Check(bytes);
}

constexpr std::string_view ABOUT =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

}  // namespace

TEST_CASE("the word list is BIP39's, byte for byte") {
  std::string all;
  for (auto word : ENGLISH_WORDS) all += std::string(word) + "\n";
  CHECK(toHex(sha256(asBytes(all))) ==
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
  CHECK(std::is_sorted(ENGLISH_WORDS.begin(), ENGLISH_WORDS.end()));
}

TEST_CASE("entropy becomes words, words become the seed and the root key, as published") {
  CHECK(words(std::string(32, '0')) == ABOUT);
  CHECK(entropyOf(ABOUT) == std::string(32, '0'));
  CHECK(toHex(seedOf(ABOUT, "TREZOR"))
            .starts_with("c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"));
  if (auto file = vectors("bips/bip39-trezor-vectors.json")) {
    int checked = 0;
    for (const auto& row : file->at("english").as_array()) {
      auto entropy = text(row.as_array()[0]);
      auto mnemonic = text(row.as_array()[1]);
      CHECK(words(entropy) == mnemonic);
      CHECK(entropyOf(mnemonic) == entropy);
      CHECK(checkMnemonic(mnemonic));
      auto seed = seedOf(mnemonic, "TREZOR");
      CHECK(toHex(seed) == text(row.as_array()[2]));
      auto node = master(seed);
      CHECK(xprv(node, *publicNode(context(), node, 0, {}, 0)) == text(row.as_array()[3]));
      ++checked;
    }
    CHECK(checked == 24);
  }
}

TEST_CASE("a mnemonic with a wrong word, count, order or spacing is refused") {
  std::string good(ABOUT);
  CHECK(checkMnemonic(good + " abandon").error() == Error::WORD_COUNT);
  CHECK(checkMnemonic("abandon").error() == Error::WORD_COUNT);
  CHECK(checkMnemonic("").error() == Error::UNKNOWN_WORD);
  CHECK(checkMnemonic(good.substr(0, good.size() - 5) + "abandon").error() ==
        Error::MNEMONIC_CHECKSUM);
  CHECK(checkMnemonic(good.substr(0, good.size() - 5) + "abouts").error() == Error::UNKNOWN_WORD);
  CHECK(checkMnemonic(" " + good).error() == Error::UNKNOWN_WORD);
  CHECK(checkMnemonic(good + " ").error() == Error::UNKNOWN_WORD);
  CHECK(checkMnemonic("A" + good.substr(1)).error() == Error::UNKNOWN_WORD);
  std::string many;
  for (int i = 0; i < 25; ++i) many += i > 0 ? " zoo" : "zoo";
  CHECK(checkMnemonic(many).error() == Error::WORD_COUNT);
  CHECK(words("0011") == "bad-entropy");
  std::array<char, 20> small;
  CHECK(mnemonicFromEntropy(Bytes(16), small).error() == Error::BUFFER_SIZE);
  std::array<std::uint8_t, 64> seed;
  CHECK(mnemonicToSeed(good, "p\xc3\xa4ss", seed).error() == Error::NOT_ASCII);
}

TEST_CASE("private and public derivation agree with BIP32's vectors and with each other") {
  auto seed = *fromHex("000102030405060708090a0b0c0d0e0f");
  CHECK(accountKey(context(), master(seed), *parsePath("m/0H/1/2H"))->encode(Network::MAINNET) ==
        "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4"
        "trkrX7x7DogT5Uv6fcLW5");
  auto file = vectors("bips/bip32.json");
  if (!file) return;
  int publicSteps = 0;
  for (const auto& [hex, rows] : file->as_object()) {
    auto root = master(*fromHex(std::string_view(hex.data(), hex.size())));
    std::optional<ExtendedPublicKey> last;
    for (const auto& row : rows.as_array()) {
      auto path = *parsePath(text(row.as_array()[0]));
      auto account = *accountKey(context(), root, path);
      auto xpub = text(row.as_array()[1]);
      CHECK(account.encode(Network::MAINNET) == xpub);
      CHECK(*ExtendedPublicKey::parse(xpub, Network::MAINNET) == account);
      Node node;
      REQUIRE(derivePath(context(), root, path, node));
      CHECK(xprv(node, account) == text(row.as_array()[2]));
      CHECK_FALSE(ExtendedPublicKey::parse(text(row.as_array()[2]), Network::MAINNET));
      if (last && (path.back() & HARDENED_BIT) == 0) {
        CHECK(*last->child(path.back()) == account);
        ++publicSteps;
      }
      last = account;
    }
  }
  CHECK(publicSteps >= 4);
}

TEST_CASE("a hundred random children are the same from the private and from the public side") {
  std::mt19937 random(42);
  auto root = master(*fromHex("000102030405060708090a0b0c0d0e0f"));
  auto account = *accountKey(context(), root, *parsePath("84'/1'/0'"));
  Node accountNode;
  REQUIRE(derivePath(context(), root, *parsePath("84'/1'/0'"), accountNode));
  for (int i = 0; i < 100; ++i) {
    Path path{static_cast<std::uint32_t>(random() & 1),
              static_cast<std::uint32_t>(random() & 0x7fffffff)};
    Node node;
    REQUIRE(derivePath(context(), accountNode, path, node));
    CHECK(account.derive(path)->key == *publicKey(context(), keyOf(NodeView(node))));
  }
}

TEST_CASE("broken extended keys are refused (BIP32, vector 5)") {
  auto good = accountKey(context(), master(Bytes(16, 1)), *parsePath("m/84'/1'/0'"))
                  ->encode(Network::REGTEST);
  CHECK(good.starts_with("tpub"));
  CHECK(ExtendedPublicKey::parse(good, Network::REGTEST));
  CHECK(ExtendedPublicKey::parse(good, Network::MAINNET).error() == Error::WRONG_NETWORK);
  auto with = [&](std::size_t at, std::uint8_t value) {
    auto raw = *decodeBase58Check(good);
    raw[at] = value;
    return ExtendedPublicKey::parse(encodeBase58Check(raw), Network::REGTEST);
  };
  CHECK(with(45, 4).error() == Error::BAD_KEY);  // prefix of the point
  CHECK(with(45, 0).error() == Error::BAD_KEY);
  CHECK(with(4, 0).error() == Error::BAD_KEY);  // a root with a parent
  auto raw = *decodeBase58Check(good);
  std::fill(raw.begin() + 46, raw.end(), 0);  // x = 0 is not on the curve
  CHECK(ExtendedPublicKey::parse(encodeBase58Check(raw), Network::REGTEST).error() ==
        Error::BAD_KEY);
  raw.pop_back();
  CHECK(ExtendedPublicKey::parse(encodeBase58Check(raw), Network::REGTEST).error() ==
        Error::BAD_KEY);
  good[20] = good[20] == 'a' ? 'b' : 'a';
  CHECK(ExtendedPublicKey::parse(good, Network::REGTEST).error() == Error::BAD_CHECKSUM);
}

TEST_CASE("paths are read strictly and written back the same") {
  CHECK(formatPath(*parsePath("84h/1H/0'/0/3")) == "m/84'/1'/0'/0/3");
  CHECK(parsePath("m")->empty());
  CHECK(parsePath("m/2147483647'")->front() == 0xffffffff);
  for (const char* bad : {"",
                          "/",
                          "m//0",
                          "m/0/",
                          "m/-1",
                          "m/+1",
                          "m/2147483648",
                          "m/0x1",
                          "m/ 1",
                          "n/0",
                          "m/1''",
                          "m/'"})
    CHECK_MESSAGE(parsePath(bad).error() == Error::BAD_PATH, bad);
  std::string deep = "m";
  for (int i = 0; i < 33; ++i) deep += "/0";
  CHECK(parsePath(deep).error() == Error::BAD_PATH);
  ExtendedPublicKey key;
  CHECK(key.child(HARDENED_BIT).error() == Error::HARDENED);
}

TEST_CASE("BIP84's addresses come from its mnemonic") {
  auto root = master(seedOf(ABOUT, ""));
  auto account = *accountKey(context(), root, *parsePath("m/84'/0'/0'"));
  CHECK(*encodeAddress(account.derive({0, 0})->p2wpkhScript(), Network::MAINNET) ==
        "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
  CHECK(*encodeAddress(account.derive({0, 1})->p2wpkhScript(), Network::MAINNET) ==
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
  CHECK(*encodeAddress(account.derive({1, 0})->p2wpkhScript(), Network::MAINNET) ==
        "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el");
}

TEST_CASE(
    "signatures are low in R and S, deterministic, and verify only for their key and digest") {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::array<std::uint8_t, 32> secret;
    Digest32 digest;
    for (auto& b : secret) b = static_cast<std::uint8_t>(random());
    for (auto& b : digest) b = static_cast<std::uint8_t>(random());
    auto key = *publicKey(context(), secret);
    auto der = *signEcdsa(context(), secret, digest);
    CHECK(der.size() <= 70);
    CHECK(der[3] <= 32);  // no leading zero before R
    CHECK(der == *signEcdsa(context(), secret, digest));
    CHECK(verifyEcdsa(context(), key, digest, der));
    auto mixed = *signEcdsa(context(), secret, digest, std::span<const std::uint8_t, 32>(digest));
    CHECK(mixed != der);
    CHECK(verifyEcdsa(context(), key, digest, mixed));
    auto otherDigest = digest;
    otherDigest[31] ^= 1;
    CHECK_FALSE(verifyEcdsa(context(), key, otherDigest, der));
    auto otherKey = key;
    otherKey[0] ^= 1;
    CHECK_FALSE(verifyEcdsa(context(), otherKey, digest, der));
    der.push_back(0);
    CHECK_FALSE(verifyEcdsa(context(), key, digest, der));
  }
}

TEST_CASE("a signature with any bit flipped does not leave, nor one of another key or digest") {
  std::array<std::uint8_t, 32> secret{};
  secret[31] = 7;
  Digest32 digest{};
  digest[0] = 9;
  const auto key = *publicKey(context(), secret);
  const auto der = *signEcdsa(context(), secret, digest);
  CHECK(ifSound(context(), key, digest, der).value() == der);
  for (std::size_t bit = 0; bit < der.size() * 8; ++bit) {
    CAPTURE(bit);
    auto faulty = der;
    faulty[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK(ifSound(context(), key, digest, faulty).error() == Error::BAD_SIGNATURE);
  }
  auto other = secret;
  other[0] ^= 1;
  CHECK(ifSound(context(), *publicKey(context(), other), digest, der).has_error());
  auto another = digest;
  another[31] ^= 1;
  CHECK(ifSound(context(), key, another, der).has_error());
}

TEST_CASE("keys outside of the group's order are refused everywhere") {
  std::array<std::uint8_t, 32> zero{};
  std::array<std::uint8_t, 32> big;
  big.fill(0xff);
  CHECK(publicKey(context(), zero).error() == Error::BAD_KEY);
  CHECK(publicKey(context(), big).error() == Error::BAD_KEY);
  CHECK(signEcdsa(context(), zero, {}).error() == Error::BAD_KEY);
  Node node{};
  CHECK(deriveChild(context(), node, 0, node).error() == Error::BAD_KEY);
  CHECK(deriveChild(context(), node, HARDENED_BIT, node).error() == Error::BAD_KEY);
  CHECK(masterNode(context(), Bytes(15), node).error() == Error::BAD_ENTROPY);
  CHECK(masterNode(context(), Bytes(65), node).error() == Error::BAD_ENTROPY);
}

}  // namespace sallyport::bitcoin::keys
