#include "broker/vault/ceremonies.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "broker/vault/keychain.h"
#include "broker/vault/text.h"

namespace sallyport::vault {
namespace {

constexpr std::size_t WORDS_ASKED_BACK = 3;

constexpr std::string_view REASON_UNLOCK = "Unlock the wallets";
constexpr std::string_view REASON_OLD = "Enter the present passphrase to change it";
constexpr std::string_view REASON_NEW = "Choose a passphrase for your wallets";
constexpr std::string_view REASON_CREATE = "Unlock to add a wallet";
constexpr std::string_view REASON_SIGN = "Unlock to review and sign a payment";
constexpr std::string_view REASON_SEED = "Enter the passphrase to show the seed";

Failure checkWanted(const NewWallet& wanted) {
  if (!isWalletName(wanted.name)) return Failure::INVALID_NAME;
  if (wanted.scriptType != proto::ScriptType::P2WPKH) return Failure::NOT_SUPPORTED;
  if (wanted.words != 12 && wanted.words != 24) return Failure::NOT_SUPPORTED;
  if (wanted.network > proto::Network::REGTEST) return Failure::NOT_SUPPORTED;
  return Failure::NONE;
}

std::vector<std::uint8_t> randomPositions(unsigned words) {
  std::vector<std::uint8_t> positions;
  while (positions.size() < WORDS_ASKED_BACK) {
    const auto position = static_cast<std::uint8_t>(1 + randombytes_uniform(words));
    if (std::ranges::find(positions, position) == positions.end()) positions.push_back(position);
  }
  std::ranges::sort(positions);
  return positions;
}

}  // namespace

Ceremonies::Ceremonies(Lockbox& lockbox, const Clock& clock, kj::Timer& timer)
    : m_lockbox(lockbox), m_clock(clock), m_timer(timer) {}

void Ceremonies::attachPrompt(Link link) {
  if (m_prompt) m_prompt->close();
  m_prompt = kj::mv(link);
}

// Runs a ceremony unless another is under way, and holds its link. One that succeeded counts as
// activity of the user; one that was declined or dropped may be a page's doing alone.
template <typename Outcome, typename Ceremony>
kj::Promise<Outcome> Ceremonies::alone(Link link, Ceremony ceremony) {
  if (m_asking) return Outcome(Failure::BUSY);
  if (!link || !link->attached()) return Outcome(Failure::NO_PROMPT);
  m_asking = link;
  return kj::evalNow([&] { return ceremony(link); })
      .then([this](Outcome outcome) {
        if (outcome) touch();
        return outcome;
      })
      .attach(kj::defer([this] {
        m_asking = nullptr;
        if (m_deadline == std::chrono::nanoseconds(0)) touch();  // dropped just after it opened
      }));
}

// Asks again while there is nothing to wait for; the back-off then ends the ceremony.
Promised<Done> Ceremonies::ask(Link link, std::string_view reason, bool wrongBefore) {
  if (!m_lockbox.initialized()) return ready<Done>(Failure::NOT_INITIALIZED);
  if (m_lockbox.attempts().retryAfter().count() > 0) return ready<Done>(Failure::BACKOFF);
  auto answer = link->askPassphrase(reason, wrongBefore);
  return andThen<Done>(kj::mv(answer), [=, this](SecretBuffer passphrase) {
    return m_lockbox.open(kj::mv(passphrase)).then([=, this](Outcome<Done> opened) {
      if (opened) touch();
      const bool again = !opened && opened.error() == Failure::WRONG_PASSPHRASE &&
                         m_lockbox.attempts().retryAfter().count() == 0;
      return again ? ask(link, reason, true) : ready<Done>(opened);
    });
  });
}

Promised<Done> Ceremonies::choose(Link link, std::string_view reason) {
  return andThen<Done>(link->choosePassphrase(reason), [this](SecretBuffer passphrase) {
    if (!Lockbox::acceptable(passphrase)) return ready<Done>(Failure::LIMIT);
    return m_lockbox.initialized() ? m_lockbox.change(kj::mv(passphrase))
                                   : m_lockbox.create(kj::mv(passphrase));
  });
}

Promised<Done> Ceremonies::ensureOpen(Link link, std::string_view reason) {
  if (!m_lockbox.initialized()) return choose(link, REASON_NEW);
  if (m_lockbox.locked()) return ask(link, reason);
  return ready<Done>(Done{});
}

Promised<Done> Ceremonies::setPassphrase() {
  return alone<Outcome<Done>>(m_prompt, [this](Link link) {
    if (!m_lockbox.initialized()) return choose(link, REASON_NEW);
    return andThen<Done>(ask(link, REASON_OLD),
                         [=, this](Done) { return choose(link, REASON_NEW); });
  });
}

Promised<Done> Ceremonies::unlock(std::uint32_t idleSeconds) {
  const std::chrono::seconds idle(idleSeconds == 0 ? proto::DEFAULT_UNLOCK_SECONDS : idleSeconds);
  if (!m_lockbox.locked()) {
    shorten(idle);
    return ready<Done>(Done{});
  }
  if (!m_lockbox.initialized()) return ready<Done>(Failure::NOT_INITIALIZED);
  return alone<Outcome<Done>>(m_prompt, [this, idle](Link link) {
    return andThen<Done>(ask(link, REASON_UNLOCK), [this, idle](Done) {
      m_idle = idle;
      return ready<Done>(Done{});
    });
  });
}

void Ceremonies::lock() {
  m_lockbox.lock();
  m_idle = DEFAULT_IDLE;
  if (m_asking) m_asking->declineOpen();
}

Promised<Wallet> Ceremonies::createWallet(NewWallet wanted) {
  if (const Failure failure = checkWanted(wanted); failure != Failure::NONE) {
    return ready<Wallet>(failure);
  }
  return alone<Outcome<Wallet>>(m_prompt, [this, wanted = kj::mv(wanted)](Link link) {
    return andThen<Wallet>(ensureOpen(link, REASON_CREATE), [=, this](Done) {
      const auto stored =
          store(wanted, SecretBuffer::random(std::size_t{wanted.words} / 3 * 4), false);
      if (!stored) return ready<Wallet>(stored.error());
      return backUp(link, stored->id).then([wallet = *stored](Outcome<Done> backedUp) mutable {
        wallet.backedUp = backedUp.has_value();
        return Outcome<Wallet>(kj::mv(wallet));
      });
    });
  });
}

Promised<Wallet> Ceremonies::restoreSeed(NewWallet wanted, Link terminal) {
  if (const Failure failure = checkWanted(wanted); failure != Failure::NONE) {
    return ready<Wallet>(failure);
  }
  Link where = terminal ? kj::mv(terminal) : m_prompt;
  return alone<Outcome<Wallet>>(kj::mv(where), [this, wanted = kj::mv(wanted)](Link link) {
    return andThen<Wallet>(ensureOpen(link, REASON_CREATE), [=, this](Done) {
      return andThen<Wallet>(link->enterSeed(wanted.name), [=, this](SecretBuffer words) {
        const auto entropy = entropyOfWords(words);
        if (!entropy) return ready<Wallet>(entropy.error());
        return ready(store(wanted, *entropy, true));
      });
    });
  });
}

Promised<Done> Ceremonies::showSeed(std::string walletId, Link terminal) {
  return alone<Outcome<Done>>(kj::mv(terminal), [this, walletId = kj::mv(walletId)](Link link) {
    return andThen<Done>(ask(link, REASON_SEED),
                         [=, this](Done) { return backUp(link, walletId); });
  });
}

// Shows the words, asks three back, marks the wallet.
Promised<Done> Ceremonies::backUp(Link link, std::string walletId) {
  WalletStore* opened = m_lockbox.store();
  if (opened == nullptr) return ready<Done>(Failure::LOCKED);
  const auto wallet = opened->find(walletId);
  if (!wallet) return ready<Done>(Failure::NO_SUCH_WALLET);
  SecretBuffer words = wordsOfEntropy(opened->entropy(walletId));
  auto shown = link->showSeed(wallet->name, words);
  auto next =
      [this, link, name = wallet->name, id = wallet->id, words = kj::mv(words)](Done) mutable {
        const auto positions = randomPositions(countWords(words));
        SecretBuffer expected = pickWords(words, positions);
        auto answer = link->askWords(name, positions);
        return andThen<Done>(kj::mv(answer),
                             [this, id, expected = kj::mv(expected)](SecretBuffer typed) {
                               if (!sameSecret(typed.bytes(), expected.bytes())) {
                                 return ready<Done>(Failure::WORDS_WRONG);
                               }
                               WalletStore* store = m_lockbox.store();
                               if (store == nullptr) return ready<Done>(Failure::LOCKED);
                               store->markBackedUp(id);
                               return ready<Done>(Done{});
                             });
      };
  return andThen<Done>(kj::mv(shown), kj::mv(next));
}

Outcome<Wallet> Ceremonies::store(const NewWallet& wanted,
                                  const SecretBuffer& entropy,
                                  bool backedUp) {
  WalletStore* opened = m_lockbox.store();
  if (opened == nullptr) return Failure::LOCKED;
  const Account account = accountOf(entropy, wanted.network);
  for (auto& known : opened->list()) {
    if (known.network != wanted.network || known.accountXpub != account.xpub) continue;
    if (backedUp && !known.backedUp) {  // one who could type the words has them
      opened->markBackedUp(known.id);
      known.backedUp = true;
    }
    return known;
  }
  Wallet wallet;
  wallet.id = randomWalletId();
  wallet.name = wanted.name;
  wallet.network = wanted.network;
  wallet.scriptType = wanted.scriptType;
  wallet.masterFingerprint = account.masterFingerprint;
  wallet.accountPath = account.path;
  wallet.accountXpub = account.xpub;
  wallet.backedUp = backedUp;
  wallet.createdAt = m_clock.unixSeconds();
  if (const auto added = opened->add(wallet, entropy); !added) return added.error();
  return wallet;
}

kj::Promise<SignOutcome> Ceremonies::sign(std::string walletId, Bytes psbt) {
  if (!m_lockbox.initialized()) return SignOutcome(SignStop(Failure::NOT_INITIALIZED));
  return alone<SignOutcome>(
      m_prompt, [this, walletId = kj::mv(walletId), psbt = kj::mv(psbt)](Link link) mutable {
        auto opened = ensureOpen(link, REASON_SIGN);
        return opened.then([this, link, walletId = kj::mv(walletId), psbt = kj::mv(psbt)](
                               Outcome<Done> open) mutable -> kj::Promise<SignOutcome> {
          if (!open) return SignOutcome(SignStop(open.error()));
          WalletStore* store = m_lockbox.store();
          if (store == nullptr) return SignOutcome(SignStop(Failure::LOCKED));
          const auto wallet = store->find(walletId);
          if (!wallet) return SignOutcome(SignStop(Failure::NO_SUCH_WALLET));
          return confirmAndSign(link, *wallet, kj::mv(psbt));
        });
      });
}

kj::Promise<SignOutcome> Ceremonies::confirmAndSign(Link link, const Wallet& wallet, Bytes psbt) {
  auto request = SigningRequest::read(wallet, kj::mv(psbt));
  if (!request) return SignOutcome(request.error());
  auto answer = link->confirmTransaction(request->summary(), request->digest());
  return answer.then([this, id = wallet.id, request = kj::mv(*request)](
                         Outcome<Approval> approval) mutable -> SignOutcome {
    if (!approval) return SignStop(approval.error());
    WalletStore* store = m_lockbox.store();
    if (store == nullptr) return SignStop(Failure::LOCKED);
    return kj::mv(request).sign(*approval, store->entropy(id));
  });
}

void Ceremonies::touch() {
  if (m_lockbox.locked()) return;
  const bool watching = m_deadline > std::chrono::nanoseconds(0);
  m_deadline = m_clock.boottime() + m_idle;
  if (!watching) m_watch = watchIdle().eagerlyEvaluate(nullptr);
}

void Ceremonies::shorten(std::chrono::seconds idle) {
  m_idle = std::min(m_idle, idle);
  if (m_clock.boottime() + m_idle >= m_deadline) return;
  m_deadline = m_clock.boottime() + m_idle;
  m_watch = watchIdle().eagerlyEvaluate(nullptr);
}

void Ceremonies::expire() {
  if (m_lockbox.locked() || m_deadline == std::chrono::nanoseconds(0)) return;
  if (m_clock.boottime() >= m_deadline) lock();
}

kj::Promise<void> Ceremonies::watchIdle() {
  expire();
  if (m_lockbox.locked()) {
    m_deadline = std::chrono::nanoseconds(0);
    return kj::READY_NOW;
  }
  const auto left = (m_deadline - m_clock.boottime()).count();
  return m_timer.afterDelay(left * kj::NANOSECONDS).then([this] { return watchIdle(); });
}

}  // namespace sallyport::vault
