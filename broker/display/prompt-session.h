// Serves `Prompt` to the vault and `PromptControl` to the broker. The broker's side carries no text
// and no secret. Role prompt.
#pragma once

#include "broker/display/prompt-desk.h"
#include "proto/prompt-control.capnp.h"
#include "proto/prompt.capnp.h"

namespace sallyport::display {

class PromptSession final : public proto::Prompt::Server {
 public:
  explicit PromptSession(PromptDesk& desk) : m_desk(desk) {}

 protected:
  kj::Promise<void> askPassphrase(AskPassphraseContext context) override;
  kj::Promise<void> choosePassphrase(ChoosePassphraseContext context) override;
  kj::Promise<void> showSeed(ShowSeedContext context) override;
  kj::Promise<void> askWords(AskWordsContext context) override;
  kj::Promise<void> enterSeed(EnterSeedContext context) override;
  kj::Promise<void> confirmTransaction(ConfirmTransactionContext context) override;
  kj::Promise<void> notify(NotifyContext context) override;

 private:
  PromptDesk& m_desk;
};

class PromptControlSession final : public proto::PromptControl::Server {
 public:
  explicit PromptControlSession(PromptDesk& desk) : m_desk(desk) {}

 protected:
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> close(CloseContext context) override;

 private:
  PromptDesk& m_desk;
};

}  // namespace sallyport::display
