// BIP39. Every temporary that holds entropy is wiped; nothing secret is put on the heap.
#include "broker/bitcoin/keys/mnemonic.h"

#include <algorithm>

#include "broker/bitcoin/hash.h"

namespace sallyport::bitcoin::keys {
namespace {

constexpr std::size_t BITS_PER_WORD = 11;
constexpr std::string_view SALT_PREFIX = "mnemonic";
constexpr std::size_t MAX_PASSPHRASE_BYTES = 256;
constexpr unsigned ROUNDS = 2048;

// Bit i of a byte string, most significant first.
unsigned bitAt(ByteView bytes, std::size_t i) { return bytes[i / 8] >> (7 - i % 8) & 1U; }

// Entropy with its checksum byte behind it.
using Checked = std::array<std::uint8_t, MAX_ENTROPY_BYTES + 1>;

void appendChecksum(std::span<std::uint8_t> checked, std::size_t entropyBytes) {
  auto hash = sha256(ByteView(checked).first(entropyBytes));
  Wiper wiper(hash);
  checked[entropyBytes] = hash[0];
}

Result<std::size_t> indexOf(std::string_view word) {
  auto at = std::lower_bound(ENGLISH_WORDS.begin(), ENGLISH_WORDS.end(), word);
  if (at == ENGLISH_WORDS.end() || *at != word) return Error::UNKNOWN_WORD;
  return static_cast<std::size_t>(at - ENGLISH_WORDS.begin());
}

}  // namespace

Result<std::size_t> mnemonicFromEntropy(ByteView entropy, std::span<char> out) {
  if (entropy.size() < 16 || entropy.size() > MAX_ENTROPY_BYTES || entropy.size() % 4 != 0)
    return Error::BAD_ENTROPY;
  Checked checked{};
  Wiper wiper(checked);
  std::copy(entropy.begin(), entropy.end(), checked.begin());
  appendChecksum(checked, entropy.size());
  std::size_t written = 0;
  auto words = entropy.size() * 3 / 4;
  for (std::size_t w = 0; w < words; ++w) {
    std::size_t index = 0;
    for (std::size_t b = 0; b < BITS_PER_WORD; ++b)
      index = index << 1 | bitAt(checked, w * BITS_PER_WORD + b);
    auto word = ENGLISH_WORDS[index];
    auto space = w > 0 ? 1U : 0U;
    if (out.size() - written < word.size() + space) return Error::BUFFER_SIZE;
    if (space != 0) out[written++] = ' ';
    std::copy(word.begin(), word.end(), out.begin() + static_cast<std::ptrdiff_t>(written));
    written += word.size();
  }
  return written;
}

Result<std::size_t> mnemonicToEntropy(std::string_view words, std::span<std::uint8_t> out) {
  Checked checked{};
  Wiper wiper(checked);
  std::size_t count = 0;
  while (true) {
    auto space = words.find(' ');
    if (count == MAX_WORDS) return Error::WORD_COUNT;
    auto index = indexOf(words.substr(0, space));
    if (!index) return index.error();
    for (std::size_t b = 0; b < BITS_PER_WORD; ++b) {
      auto at = count * BITS_PER_WORD + b;
      if ((*index >> (BITS_PER_WORD - 1 - b) & 1) != 0)
        checked[at / 8] = static_cast<std::uint8_t>(checked[at / 8] | 0x80U >> at % 8);
    }
    ++count;
    if (space == std::string_view::npos) break;
    words.remove_prefix(space + 1);
  }
  if (count < 12 || count % 3 != 0) return Error::WORD_COUNT;
  auto entropyBytes = count * 4 / 3;
  auto checksumBits = count / 3;
  auto given = checked[entropyBytes];
  appendChecksum(checked, entropyBytes);
  if ((given ^ checked[entropyBytes]) >> (8 - checksumBits) != 0) return Error::MNEMONIC_CHECKSUM;
  if (out.size() < entropyBytes) return Error::BUFFER_SIZE;
  std::copy_n(checked.begin(), entropyBytes, out.begin());
  return entropyBytes;
}

Result<void> checkMnemonic(std::string_view words) {
  std::array<std::uint8_t, MAX_ENTROPY_BYTES> entropy{};
  Wiper wiper(entropy);
  auto size = mnemonicToEntropy(words, entropy);
  if (!size) return size.error();
  return {};
}

Result<void> mnemonicToSeed(std::string_view words,
                            std::string_view passphrase,
                            std::span<std::uint8_t, 64> out) {
  if (passphrase.size() > MAX_PASSPHRASE_BYTES) return Error::TOO_LARGE;
  for (auto text : {words, passphrase})
    if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }))
      return Error::NOT_ASCII;
  std::array<std::uint8_t, SALT_PREFIX.size() + MAX_PASSPHRASE_BYTES> salt;
  Wiper wiper(salt);
  auto end = std::copy(SALT_PREFIX.begin(), SALT_PREFIX.end(), salt.begin());
  end = std::copy(passphrase.begin(), passphrase.end(), end);
  pbkdf2HmacSha512(asBytes(words),
                   ByteView(salt).first(static_cast<std::size_t>(end - salt.begin())),
                   ROUNDS,
                   out);
  return {};
}

}  // namespace sallyport::bitcoin::keys
