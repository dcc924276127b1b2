// Hash functions of Bitcoin, all from OpenSSL's libcrypto. Part of the pure library `bitcoin`. The
// functions that may be given secrets write into memory of the caller and leave nothing behind.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

using Digest32 = std::array<std::uint8_t, 32>;
using Digest20 = std::array<std::uint8_t, 20>;

Digest32 sha256(ByteView bytes);
Digest32 sha256d(ByteView bytes);  // SHA-256 twice
Digest20 ripemd160(ByteView bytes);
Digest20 hash160(ByteView bytes);                           // RIPEMD-160 of SHA-256
Digest32 taggedHash(std::string_view tag, ByteView bytes);  // BIP340

void hmacSha512(ByteView key, ByteView data, std::span<std::uint8_t, 64> out);
void pbkdf2HmacSha512(ByteView password,
                      ByteView salt,
                      unsigned rounds,
                      std::span<std::uint8_t, 64> out);

// Overwrites in a way that the compiler keeps.
void wipe(std::span<std::uint8_t> bytes) noexcept;

// Wipes on every way out of a scope.
class Wiper {
 public:
  explicit Wiper(std::span<std::uint8_t> bytes) : m_bytes(bytes) {}
  ~Wiper() { wipe(m_bytes); }
  Wiper(const Wiper&) = delete;
  Wiper& operator=(const Wiper&) = delete;

 private:
  std::span<std::uint8_t> m_bytes;
};

}  // namespace sallyport::bitcoin
