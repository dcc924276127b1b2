// BIP39 with the English list. Words, entropy and seeds are secrets: they live in the caller's
// (locked) memory only. Part of `bitcoin_keys`, which the vault links and no process that talks to
// a page.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin::keys {

inline constexpr std::size_t WORD_LIST_SIZE = 2048;
inline constexpr std::size_t MAX_WORDS = 24;
inline constexpr std::size_t MAX_MNEMONIC_CHARACTERS =
    MAX_WORDS * 9 - 1;  // words of at most 8 letters, and spaces
inline constexpr std::size_t MAX_ENTROPY_BYTES = 32;

extern const std::array<std::string_view, WORD_LIST_SIZE> ENGLISH_WORDS;

// 16, 20, 24, 28 or 32 bytes to words with one space between; returns the number of characters
// written.
Result<std::size_t> mnemonicFromEntropy(ByteView entropy, std::span<char> out);

// The reverse, which is also the check: count, every word, checksum. Wants exactly one space
// between lower-case words. Returns the number of bytes written.
Result<std::size_t> mnemonicToEntropy(std::string_view words, std::span<std::uint8_t> out);
Result<void> checkMnemonic(std::string_view words);

// PBKDF2 over the words as given; the passphrase must be ASCII, for which Unicode normalisation
// changes nothing.
Result<void> mnemonicToSeed(std::string_view words,
                            std::string_view passphrase,
                            std::span<std::uint8_t, 64> out);

}  // namespace sallyport::bitcoin::keys
