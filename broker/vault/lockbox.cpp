#include "broker/vault/lockbox.h"

#include <kj/debug.h>
#include <proto/prompt.capnp.h>

#include <string>

#include "broker/vault/text.h"

namespace sallyport::vault {
namespace {

// The format that SQLCipher 3 and 4 both read.
constexpr std::uint8_t CIPHER_FORMAT = 3;

// A database without a header cannot be opened by anyone, but it is never deleted: put aside.
void putOrphansAside(StateDir& dir) {
  const std::string suffix = ".orphan-" + randomWalletId();
  for (const char* name : {"vault.db", "vault.db-wal", "vault.db-journal"}) {
    dir.rename(name, (name + suffix).c_str());
  }
}

}  // namespace

Lockbox::Lockbox(StateDir& dir, const Clock& clock, KdfPolicy policy)
    : m_dir(dir), m_attempts(dir, clock), m_deriver(policy) {
  m_dir.verify(Header::FILE_NAME);
}

bool Lockbox::acceptable(const SecretBuffer& passphrase) {
  const auto characters = countCharacters(passphrase.bytes());
  return characters && *characters >= proto::MIN_PASSPHRASE_CHARACTERS &&
         passphrase.size() <= proto::MAX_PASSPHRASE_BYTES;
}

Promised<Done> Lockbox::create(SecretBuffer passphrase) {
  KJ_REQUIRE(!initialized(), "there is a passphrase");
  return m_deriver.deriveNew(kj::mv(passphrase))
      .then([this, locks = m_locks](KeyDeriver::Derived derived) -> Outcome<Done> {
        if (locks != m_locks) return Failure::DECLINED;
        if (!derived.key) return Failure::STORAGE;
        Keyring keyring = Keyring::generate();
        Header header;
        header.cipherFormat = CIPHER_FORMAT;
        header.kdf = derived.parameters;
        header.wrap(*derived.key, keyring);
        // The header comes last: with it the vault exists, and everything it needs is on the disk.
        putOrphansAside(m_dir);
        WalletStore store(m_dir, header, kj::mv(keyring), true);
        m_dir.replace(Header::FILE_NAME, header.encode());
        m_store = kj::mv(store);
        return Done{};
      });
}

Promised<Done> Lockbox::open(SecretBuffer passphrase) {
  auto header = loadHeader();
  if (!header) return ready<Done>(header.error());
  if (m_attempts.retryAfter().count() > 0) return ready<Done>(Failure::BACKOFF);
  m_attempts.begin();
  const KdfParameters parameters = header->kdf;
  return m_deriver.derive(kj::mv(passphrase), parameters)
      .then([this, locks = m_locks, header = kj::mv(*header)](KeyDeriver::Derived derived) {
        if (locks != m_locks) return Outcome<Done>(Failure::DECLINED);
        return finishOpen(header, derived);
      });
}

Outcome<Done> Lockbox::finishOpen(const Header& header, const KeyDeriver::Derived& derived) {
  if (!derived.key) return Failure::STORAGE;
  auto keyring = header.unwrap(*derived.key);
  if (!keyring) return keyring.error();
  m_attempts.succeed();
  if (!m_store) m_store.emplace(m_dir, header, kj::mv(*keyring), false);
  return Done{};
}

Promised<Done> Lockbox::change(SecretBuffer passphrase) {
  return m_deriver.deriveNew(kj::mv(passphrase))
      .then([this, locks = m_locks](KeyDeriver::Derived derived) -> Outcome<Done> {
        if (locks != m_locks || !m_store) return Failure::DECLINED;
        if (!derived.key) return Failure::STORAGE;
        auto header = loadHeader();
        if (!header) return header.error();
        ++header->generation;
        header->kdf = derived.parameters;
        header->wrap(*derived.key, m_store->keyring());
        m_dir.replace(Header::FILE_NAME, header->encode());
        // The change is done; should this fail, the next unlock writes it.
        KJ_IF_MAYBE (failed, kj::runCatchingExceptions([&] {
                       m_store->rememberGeneration(header->generation);
                     })) {
          KJ_LOG(ERROR, "the database did not take the new generation", *failed);
        }
        return Done{};
      });
}

void Lockbox::lock() {
  ++m_locks;
  m_store.reset();
}

Outcome<Header> Lockbox::loadHeader() const {
  const auto file = m_dir.read(Header::FILE_NAME, Header::MAX_SIZE);
  if (!file) return Failure::NOT_INITIALIZED;
  auto header = Header::decode(*file, m_deriver.policy());
  if (!header) KJ_LOG(ERROR, "vault.header is damaged, of another version, or too weak");
  return header;
}

}  // namespace sallyport::vault
