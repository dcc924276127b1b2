// The processes that every app has beside its windows: vault, prompt and net, kept running and
// connected. Runs in the broker. The socketpair between vault and prompt is made here and both ends
// are given away: nothing typed into the prompt passes through the broker.
#pragma once

#include <vector>

#include "broker/daemon/service.h"
#include "proto/net.capnp.h"
#include "proto/prompt-control.capnp.h"
#include "proto/vault.capnp.h"

namespace sallyport::daemon {

class TrustedProcesses {
 public:
  explicit TrustedProcesses(Surroundings& around);
  KJ_DISALLOW_COPY(TrustedProcesses);

  // All three run, and the vault has its prompt.
  kj::Promise<void> start();

  // Of the processes that run now; a call on a dead one fails, the next one asked for is alive
  // again.
  proto::Vault::Client vault() { return m_vault.bootstrap().castAs<proto::Vault>(); }
  proto::Net::Client net() { return m_net.bootstrap().castAs<proto::Net>(); }

  // Net and prompt first, then the vault (design.md, rule 7).
  kj::Promise<void> stop();

  std::vector<const Service*> list() const { return {&m_vault, &m_prompt, &m_net}; }

 private:
  kj::Promise<void> attachPrompt();

  Surroundings& m_around;
  kj::AutoCloseFd m_vaultsEnd;  // of the link to the prompt that is being started
  bool m_vaultHadPrompt = false;
  pid_t m_vaultRuns = 0;                                // the one that has answered
  kj::Own<kj::PromiseFulfiller<void>> m_waitsForVault;  // the prompt, while there is none
  Service m_vault;
  Service m_prompt;
  Service m_net;
};

}  // namespace sallyport::daemon
