// Argon2id (libsodium) from a passphrase to the key that wraps the other keys. Runs in the vault,
// on a thread of its own so that the loop stays live; one derivation at a time.
#pragma once

#include <kj/async.h>
#include <kj/thread.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "broker/vault/secret-buffer.h"

namespace sallyport::vault {

struct KdfParameters {
  std::uint64_t operations = 0;
  std::uint64_t memoryBytes = 0;
  std::array<std::uint8_t, 16> salt{};
};

// The weakest parameters that are accepted, and how long a derivation takes at least when a
// passphrase is set. The default is libsodium's "moderate"; tests pass something cheap.
struct KdfPolicy {
  std::uint64_t floorOperations = 3;
  std::uint64_t floorMemoryBytes = 256ULL << 20;
  std::chrono::milliseconds target{500};

  static constexpr std::uint64_t MAX_OPERATIONS = 64;
  static constexpr std::uint64_t MAX_MEMORY_BYTES = 1ULL << 30;

  // False for parameters below the floor (a downgrade) or absurdly high (a denial of service).
  bool accepts(const KdfParameters& parameters) const;
};

// Blocking. Null when the memory could not be had.
std::optional<SecretBuffer> deriveKey(const SecretBuffer& passphrase,
                                      const KdfParameters& parameters);
// Blocking: fresh salt, and as many operations as the target time asks for on this machine.
std::optional<KdfParameters> calibrate(const KdfPolicy& policy);

class KeyDeriver {
 public:
  explicit KeyDeriver(KdfPolicy policy) : m_policy(policy) {}

  const KdfPolicy& policy() const { return m_policy; }

  struct Derived {
    std::optional<SecretBuffer> key;  // null: out of memory
    KdfParameters parameters;
  };

  // Rejects when a derivation is under way: callers are serialised before this point.
  kj::Promise<Derived> derive(SecretBuffer passphrase, KdfParameters parameters);
  // With parameters calibrated afresh.
  kj::Promise<Derived> deriveNew(SecretBuffer passphrase);

 private:
  kj::Promise<Derived> start(SecretBuffer passphrase, std::optional<KdfParameters> parameters);

  KdfPolicy m_policy;
  bool m_running = false;
  kj::Maybe<kj::Own<kj::Thread>> m_thread;
};

}  // namespace sallyport::vault
