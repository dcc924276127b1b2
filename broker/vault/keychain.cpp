#include "broker/vault/keychain.h"

#include <kj/debug.h>
#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "broker/bitcoin/keys/mnemonic.h"
#include "broker/bitcoin/keys/private-node.h"

namespace sallyport::vault {
namespace {

namespace keys = bitcoin::keys;

std::string_view view(const SecretBuffer& words) {
  const auto bytes = words.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Every failure here is ours: the entropy was checked before it was stored.
template <typename T>
T must(bitcoin::Result<T> result) {
  KJ_REQUIRE(result.has_value(), "key derivation failed");
  return std::move(*result);
}

void must(bitcoin::Result<void> result) { KJ_REQUIRE(result.has_value(), "key derivation failed"); }

}  // namespace

SecretBuffer wordsOfEntropy(const SecretBuffer& entropy) {
  SecretBuffer buffer(keys::MAX_MNEMONIC_CHARACTERS);
  auto* characters = reinterpret_cast<char*>(buffer.bytes().data());
  const auto size = must(keys::mnemonicFromEntropy(entropy.bytes(), {characters, buffer.size()}));
  return SecretBuffer::copyOf(buffer.bytes().first(size));
}

Outcome<SecretBuffer> entropyOfWords(const SecretBuffer& words) {
  const unsigned count = countWords(words);
  if (count != 12 && count != 24) return Failure::INVALID_MNEMONIC;
  SecretBuffer buffer(keys::MAX_ENTROPY_BYTES);
  const auto size = keys::mnemonicToEntropy(view(words), buffer.bytes());
  if (!size) return Failure::INVALID_MNEMONIC;
  return SecretBuffer::copyOf(buffer.bytes().first(*size));
}

unsigned countWords(const SecretBuffer& words) {
  return static_cast<unsigned>(1 + std::ranges::count(words.bytes(), std::uint8_t{' '}));
}

SecretBuffer pickWords(const SecretBuffer& words, std::span<const std::uint8_t> positions) {
  SecretBuffer picked(words.size() + positions.size());
  std::size_t size = 0;
  for (const std::uint8_t position : positions) {
    std::string_view rest = view(words);
    for (std::uint8_t i = 1; i < position; ++i) {
      const auto space = rest.find(' ');
      KJ_REQUIRE(space != rest.npos, "no such word");
      rest.remove_prefix(space + 1);
    }
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (size > 0) picked.bytes()[size++] = ' ';
    std::ranges::copy(word, picked.bytes().begin() + static_cast<std::ptrdiff_t>(size));
    size += word.size();
  }
  return SecretBuffer::copyOf(picked.bytes().first(size));
}

bitcoin::keys::Context freshContext() {
  std::array<std::uint8_t, 32> randomness;
  randombytes_buf(randomness.data(), randomness.size());
  bitcoin::keys::Context context(randomness);
  wipe(randomness);
  return context;
}

SecretBuffer masterOf(const bitcoin::keys::Context& context, const SecretBuffer& entropy) {
  const SecretBuffer words = wordsOfEntropy(entropy);
  SecretBuffer seed(64);
  must(keys::mnemonicToSeed(view(words), "", seed.bytes().first<64>()));
  SecretBuffer master(keys::NODE_BYTES);
  must(keys::masterNode(context, seed.bytes(), master.bytes().first<keys::NODE_BYTES>()));
  return master;
}

bitcoin::Network networkOf(proto::Network network) {
  switch (network) {
    case proto::Network::MAINNET:
      return bitcoin::Network::MAINNET;
    case proto::Network::TESTNET4:
      return bitcoin::Network::TESTNET4;
    case proto::Network::SIGNET:
      return bitcoin::Network::SIGNET;
    case proto::Network::REGTEST:
      return bitcoin::Network::REGTEST;
  }
  KJ_FAIL_REQUIRE("no such network");
}

bitcoin::Path accountPath(proto::Network network) {
  return {bitcoin::hardened(84),
          bitcoin::hardened(bitcoin::parametersOf(networkOf(network)).coinType),
          bitcoin::hardened(0)};
}

Account accountOf(const SecretBuffer& entropy, proto::Network network) {
  const auto context = freshContext();
  const SecretBuffer master = masterOf(context, entropy);
  const auto node = master.bytes().first<keys::NODE_BYTES>();
  const auto root = must(keys::publicNode(context, node, 0, {}, 0));
  const auto path = accountPath(network);
  Account account;
  account.masterFingerprint = bitcoin::fingerprintOf(root.key);
  account.path = bitcoin::formatPath(path);
  account.xpub = must(keys::accountKey(context, node, path)).encode(networkOf(network));
  return account;
}

}  // namespace sallyport::vault
