#include "broker/vault/key-derivation.h"

#include <kj/common.h>
#include <kj/debug.h>
#include <sodium.h>

#include <algorithm>
#include <cmath>

#include "broker/vault/seal.h"

namespace sallyport::vault {

static_assert(KdfPolicy{}.floorOperations == crypto_pwhash_OPSLIMIT_MODERATE);
static_assert(KdfPolicy{}.floorMemoryBytes == crypto_pwhash_MEMLIMIT_MODERATE);
static_assert(sizeof(KdfParameters::salt) == crypto_pwhash_SALTBYTES);

bool KdfPolicy::accepts(const KdfParameters& parameters) const {
  return parameters.operations >= floorOperations && parameters.operations <= MAX_OPERATIONS &&
         parameters.memoryBytes >= floorMemoryBytes && parameters.memoryBytes <= MAX_MEMORY_BYTES;
}

std::optional<SecretBuffer> deriveKey(const SecretBuffer& passphrase,
                                      const KdfParameters& parameters) {
  SecretBuffer key(KEY_SIZE);
  const auto text = passphrase.bytes();
  if (crypto_pwhash(key.bytes().data(),
                    key.size(),
                    reinterpret_cast<const char*>(text.data()),
                    text.size(),
                    parameters.salt.data(),
                    parameters.operations,
                    parameters.memoryBytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return std::nullopt;
  }
  return key;
}

std::optional<KdfParameters> calibrate(const KdfPolicy& policy) {
  using Clock = std::chrono::steady_clock;
  KdfParameters parameters{policy.floorOperations, policy.floorMemoryBytes, {}};
  randombytes_buf(parameters.salt.data(), parameters.salt.size());
  const SecretBuffer sample(KEY_SIZE);
  // The first run pays for the page faults as every later one does, so one sample is enough; a
  // tenth on top keeps a machine at the edge above the target. Checked once more after raising.
  for (int round = 0; round < 2; ++round) {
    const auto begin = Clock::now();
    if (!deriveKey(sample, parameters)) return std::nullopt;
    const double ratio = std::chrono::duration<double>(policy.target) / (Clock::now() - begin);
    if (ratio <= 1.0) break;
    const auto wanted =
        std::ceil(static_cast<double>(parameters.operations) * std::min(ratio, 64.0) * 1.1);
    parameters.operations =
        std::min<std::uint64_t>(KdfPolicy::MAX_OPERATIONS, static_cast<std::uint64_t>(wanted));
  }
  return parameters;
}

kj::Promise<KeyDeriver::Derived> KeyDeriver::derive(SecretBuffer passphrase,
                                                    KdfParameters parameters) {
  return start(kj::mv(passphrase), parameters);
}

kj::Promise<KeyDeriver::Derived> KeyDeriver::deriveNew(SecretBuffer passphrase) {
  return start(kj::mv(passphrase), std::nullopt);
}

kj::Promise<KeyDeriver::Derived> KeyDeriver::start(SecretBuffer passphrase,
                                                   std::optional<KdfParameters> parameters) {
  KJ_REQUIRE(!m_running, "a derivation is under way");
  m_running = true;
  m_thread = nullptr;  // joins the thread of the last derivation, which has ended
  auto paf = kj::newPromiseAndCrossThreadFulfiller<Derived>();
  m_thread = kj::heap<kj::Thread>([fulfiller = kj::mv(paf.fulfiller),
                                   passphrase = kj::mv(passphrase),
                                   policy = m_policy,
                                   parameters]() mutable {
    if (!parameters) parameters = calibrate(policy);
    Derived derived;
    if (parameters) {
      derived.parameters = *parameters;
      derived.key = deriveKey(passphrase, *parameters);
    }
    fulfiller->fulfill(kj::mv(derived));
  });
  // A dropped promise frees the place too; the next start then waits for the thread to end.
  return paf.promise.attach(kj::defer([this] { m_running = false; }));
}

}  // namespace sallyport::vault
