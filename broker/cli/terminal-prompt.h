// The vault's Prompt (proto/prompt.capnp) on a terminal, for `sallyport wallet seed`. Served over a
// socketpair whose other end the broker passes to the vault unread. Runs in the CLI.
#pragma once

#include "proto/prompt.capnp.h"

namespace sallyport::cli {

class TerminalPrompt final : public proto::Prompt::Server {
 public:
  kj::Promise<void> askPassphrase(AskPassphraseContext context) override;
  kj::Promise<void> choosePassphrase(ChoosePassphraseContext context) override;
  kj::Promise<void> showSeed(ShowSeedContext context) override;
  kj::Promise<void> askWords(AskWordsContext context) override;
  kj::Promise<void> enterSeed(EnterSeedContext context) override;
  kj::Promise<void> confirmTransaction(ConfirmTransactionContext context) override;
  kj::Promise<void> notify(NotifyContext context) override;
};

}  // namespace sallyport::cli
