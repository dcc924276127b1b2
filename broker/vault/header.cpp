#include "broker/vault/header.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport::vault {
namespace {

// magic | version | cipher format | kdf algorithm | generation | operations | memory | salt |
// wrapped keyring | BLAKE2b-128 of all before. Integers little-endian. The hash is no protection:
// it tells a damaged disk from a wrong passphrase.
constexpr std::string_view MAGIC = "SLYPVLT1";
constexpr std::uint8_t VERSION = 1;
constexpr std::uint8_t ALGORITHM_ARGON2ID13 = 2;
constexpr std::size_t FIELDS_SIZE = 8 + 1 + 1 + 1 + 4 + 8 + 8 + 16;
constexpr std::size_t WRAPPED_SIZE = 2 * KEY_SIZE + SEAL_OVERHEAD;
constexpr std::size_t CHECKSUM_SIZE = 16;
constexpr std::size_t FILE_SIZE = FIELDS_SIZE + WRAPPED_SIZE + CHECKSUM_SIZE;
static_assert(FILE_SIZE <= Header::MAX_SIZE);

void put(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t take(std::span<const std::uint8_t>& in, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(in[i]) << (8 * i);
  in = in.subspan(size);
  return value;
}

Bytes fields(const Header& header) {
  Bytes out(MAGIC.begin(), MAGIC.end());
  put(out, VERSION, 1);
  put(out, header.cipherFormat, 1);
  put(out, ALGORITHM_ARGON2ID13, 1);
  put(out, header.generation, 4);
  put(out, header.kdf.operations, 8);
  put(out, header.kdf.memoryBytes, 8);
  out.insert(out.end(), header.kdf.salt.begin(), header.kdf.salt.end());
  return out;
}

std::array<std::uint8_t, CHECKSUM_SIZE> checksum(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, CHECKSUM_SIZE> sum;
  crypto_generichash(sum.data(), sum.size(), bytes.data(), bytes.size(), nullptr, 0);
  return sum;
}

}  // namespace

Keyring Keyring::generate() {
  return {SecretBuffer::random(KEY_SIZE), SecretBuffer::random(KEY_SIZE)};
}

void Header::wrap(const SecretBuffer& key, const Keyring& keyring) {
  SecretBuffer both(2 * KEY_SIZE);
  std::ranges::copy(keyring.databaseKey.bytes(), both.bytes().begin());
  std::ranges::copy(keyring.recordKey.bytes(), both.bytes().begin() + KEY_SIZE);
  wrapped = seal(key, both.bytes(), fields(*this));
}

Outcome<Keyring> Header::unwrap(const SecretBuffer& key) const {
  const auto both = unseal(key, wrapped, fields(*this));
  if (!both || both->size() != 2 * KEY_SIZE) return Failure::WRONG_PASSPHRASE;
  return Keyring{SecretBuffer::copyOf(both->bytes().first(KEY_SIZE)),
                 SecretBuffer::copyOf(both->bytes().last(KEY_SIZE))};
}

Bytes Header::encode() const {
  Bytes out = fields(*this);
  out.insert(out.end(), wrapped.begin(), wrapped.end());
  const auto sum = checksum(out);
  out.insert(out.end(), sum.begin(), sum.end());
  return out;
}

Outcome<Header> Header::decode(std::span<const std::uint8_t> file, const KdfPolicy& policy) {
  if (file.size() != FILE_SIZE || !std::ranges::equal(file.first(MAGIC.size()), MAGIC) ||
      !std::ranges::equal(file.last(CHECKSUM_SIZE),
                          checksum(file.first(FILE_SIZE - CHECKSUM_SIZE)))) {
    return Failure::STORAGE;
  }
  auto in = file.subspan(MAGIC.size());
  Header header;
  const auto version = take(in, 1);
  header.cipherFormat = static_cast<std::uint8_t>(take(in, 1));
  const auto algorithm = take(in, 1);
  header.generation = static_cast<std::uint32_t>(take(in, 4));
  header.kdf.operations = take(in, 8);
  header.kdf.memoryBytes = take(in, 8);
  std::ranges::copy(in.first(header.kdf.salt.size()), header.kdf.salt.begin());
  in = in.subspan(header.kdf.salt.size());
  header.wrapped.assign(in.begin(), in.begin() + WRAPPED_SIZE);
  if (version != VERSION || algorithm != ALGORITHM_ARGON2ID13 || header.generation == 0) {
    return Failure::STORAGE;
  }
  if (!policy.accepts(header.kdf)) {
    return Failure::STORAGE;
  }
  return header;
}

}  // namespace sallyport::vault
