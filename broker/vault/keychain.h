// A wallet's keys from its entropy: BIP39 words (no extra passphrase), BIP32, the account of BIP84.
// Runs in the vault; pure. Everything private is in a SecretBuffer or wiped before return.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "broker/bitcoin/hd.h"
#include "broker/bitcoin/keys/context.h"
#include "broker/vault/outcome.h"
#include "broker/vault/secret-buffer.h"

namespace sallyport::vault {

// Words are lower case, separated by single spaces.
SecretBuffer wordsOfEntropy(const SecretBuffer& entropy);
// 12 or 24 words with a right checksum; INVALID_MNEMONIC otherwise.
Outcome<SecretBuffer> entropyOfWords(const SecretBuffer& words);

unsigned countWords(const SecretBuffer& words);
// The words at these 1-based positions, in their order.
SecretBuffer pickWords(const SecretBuffer& words, std::span<const std::uint8_t> positions);

struct Account {
  std::array<std::uint8_t, 4> masterFingerprint;
  std::string path;  // "m/84'/1'/0'"
  std::string xpub;
};

// What to sign with. Each use has a context with blinding of its own.
bitcoin::keys::Context freshContext();
// The BIP32 master node (64 bytes) of these words.
SecretBuffer masterOf(const bitcoin::keys::Context& context, const SecretBuffer& entropy);

bitcoin::Network networkOf(proto::Network network);
bitcoin::Path accountPath(proto::Network network);

Account accountOf(const SecretBuffer& entropy, proto::Network network);

}  // namespace sallyport::vault
