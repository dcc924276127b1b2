// Memory for keys, seeds and passphrases. Runs in the vault. Pages come from memfd_secret(2), which
// even the kernel's own direct map loses sight of, or from sodium_malloc with the lock verified;
// guard pages on both sides, wiped when released. A broken invariant ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::vault {

enum class SecretMemory { MEMFD_SECRET, MLOCK };

// What this kernel offers; probed once.
SecretMemory secretMemory();
// "memfd_secret" or "mlock", as in Status.secretMemory.
std::string_view secretMemoryName();

// Writes the fixed text to stderr and aborts: for a broken RNG, lock or canary only.
[[noreturn]] void abortVault(std::string_view reason) noexcept;

// Must be called once before anything else here; aborts when libsodium has no randomness.
void initCrypto();

class SecretBuffer {
 public:
  static constexpr std::size_t MAX_SIZE = 1 << 20;

  // Zeroed. Size 1..MAX_SIZE.
  explicit SecretBuffer(std::size_t size) : SecretBuffer(size, secretMemory()) {}
  SecretBuffer(std::size_t size, SecretMemory kind);
  static SecretBuffer random(std::size_t size);
  static SecretBuffer copyOf(std::span<const std::uint8_t> bytes);

  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  ~SecretBuffer();

  std::size_t size() const { return m_size; }
  std::span<std::uint8_t> bytes() { return {m_data, m_size}; }
  std::span<const std::uint8_t> bytes() const { return {m_data, m_size}; }

 private:
  void release() noexcept;

  std::uint8_t* m_data = nullptr;  // null only after a move
  std::size_t m_size = 0;
  SecretMemory m_kind = SecretMemory::MLOCK;
};

// Constant time for equal sizes.
bool sameSecret(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right);

// For bytes outside a SecretBuffer that held something secret on their way in.
void wipe(std::span<std::uint8_t> bytes) noexcept;

}  // namespace sallyport::vault
