// OpenSSL behind hash.h. A failure here is the library missing an algorithm or memory: our trouble,
// so it throws.
#include "broker/bitcoin/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace sallyport::bitcoin {
namespace {

// Fetched once: an implicit fetch at each call costs more than hashing a header.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  if (md == nullptr) throw std::runtime_error(std::string("OpenSSL has no ") + name);
  return md;
}

const EVP_MD* sha256Algorithm() {
  static const EVP_MD* const MD = fetch("SHA256");
  return MD;
}

const EVP_MD* ripemd160Algorithm() {
  static const EVP_MD* const MD = fetch("RIPEMD160");
  return MD;
}

void digest(const EVP_MD* md, ByteView bytes, std::span<std::uint8_t> out) {
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, md, nullptr) != 1 ||
      size != out.size())
    throw std::runtime_error("OpenSSL: digest failed");
}

}  // namespace

Digest32 sha256(ByteView bytes) {
  Digest32 out;
  digest(sha256Algorithm(), bytes, out);
  return out;
}

Digest32 sha256d(ByteView bytes) { return sha256(sha256(bytes)); }

Digest20 ripemd160(ByteView bytes) {
  Digest20 out;
  digest(ripemd160Algorithm(), bytes, out);
  return out;
}

Digest20 hash160(ByteView bytes) { return ripemd160(sha256(bytes)); }

Digest32 taggedHash(std::string_view tag, ByteView bytes) {
  auto tagHash = sha256(asBytes(tag));
  Bytes all;
  all.reserve(64 + bytes.size());
  append(all, tagHash);
  append(all, tagHash);
  append(all, bytes);
  return sha256(all);
}

void hmacSha512(ByteView key, ByteView data, std::span<std::uint8_t, 64> out) {
  unsigned size = 0;
  // A null key means "reuse the last one" to OpenSSL, so an empty key still needs an address.
  static const std::uint8_t EMPTY = 0;
  const auto* keyData = key.empty() ? &EMPTY : key.data();
  if (HMAC(EVP_sha512(),
           keyData,
           static_cast<int>(key.size()),
           data.data(),
           data.size(),
           out.data(),
           &size) == nullptr ||
      size != out.size())
    throw std::runtime_error("OpenSSL: HMAC failed");
}

void pbkdf2HmacSha512(ByteView password,
                      ByteView salt,
                      unsigned rounds,
                      std::span<std::uint8_t, 64> out) {
  if (PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()),
                        static_cast<int>(password.size()),
                        salt.data(),
                        static_cast<int>(salt.size()),
                        static_cast<int>(rounds),
                        EVP_sha512(),
                        static_cast<int>(out.size()),
                        out.data()) != 1)
    throw std::runtime_error("OpenSSL: PBKDF2 failed");
}

void wipe(std::span<std::uint8_t> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace sallyport::bitcoin
