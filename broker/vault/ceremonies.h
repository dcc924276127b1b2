// What a person takes part in: passphrases, seeds, confirmations. One ceremony at a time, each a
// chain of questions over a PromptLink around the lockbox. Runs in the vault.
#pragma once

#include <kj/timer.h>

#include <memory>
#include <string>

#include "broker/vault/lockbox.h"
#include "broker/vault/prompt-link.h"
#include "broker/vault/signer.h"

namespace sallyport::vault {

struct NewWallet {
  std::string name;
  proto::Network network = proto::Network::REGTEST;
  proto::ScriptType scriptType = proto::ScriptType::P2WPKH;
  unsigned words = 12;  // of createWallet; a restored seed brings its own number
};

class Ceremonies {
 public:
  using Link = std::shared_ptr<PromptLink>;

  Ceremonies(Lockbox& lockbox, const Clock& clock, kj::Timer& timer);

  // Declines what is open on the link before.
  void attachPrompt(Link link);
  bool promptAttached() const { return m_prompt && m_prompt->attached(); }

  Promised<Done> setPassphrase();
  Promised<Done> unlock(std::uint32_t idleSeconds);
  // Declines the open question, wherever it is shown.
  void lock();
  // Locks when the idle time is over. Called before each use, because a timer sleeps with the
  // machine.
  void expire();

  // The wallet is stored before its seed is shown, so it is returned also when the backup was
  // declined or wrong; then it is not backedUp.
  Promised<Wallet> createWallet(NewWallet wanted);
  // At the terminal, or the prompt when it is null. A seed that is there already gives its wallet.
  Promised<Wallet> restoreSeed(NewWallet wanted, Link terminal);
  Promised<Done> showSeed(std::string walletId, Link terminal);
  kj::Promise<SignOutcome> sign(std::string walletId, Bytes psbt);

 private:
  template <typename Outcome, typename Ceremony>
  kj::Promise<Outcome> alone(Link link, Ceremony ceremony);

  Promised<Done> ask(Link link, std::string_view reason, bool wrongBefore = false);
  Promised<Done> choose(Link link, std::string_view reason);
  static constexpr std::chrono::seconds DEFAULT_IDLE{proto::DEFAULT_UNLOCK_SECONDS};

  Promised<Done> ensureOpen(Link link, std::string_view reason);
  Promised<Done> backUp(Link link, std::string walletId);
  Outcome<Wallet> store(const NewWallet& wanted, const SecretBuffer& entropy, bool backedUp);
  kj::Promise<SignOutcome> confirmAndSign(Link link, const Wallet& wallet, Bytes psbt);
  void touch();  // the user was here: the idle time starts again
  void shorten(std::chrono::seconds idle);
  kj::Promise<void> watchIdle();

  Lockbox& m_lockbox;
  const Clock& m_clock;
  kj::Timer& m_timer;
  Link m_prompt;
  Link m_asking;  // the link of the ceremony that is under way
  std::chrono::seconds m_idle = DEFAULT_IDLE;
  std::chrono::nanoseconds m_deadline{0};
  kj::Promise<void> m_watch = kj::READY_NOW;
};

}  // namespace sallyport::vault
