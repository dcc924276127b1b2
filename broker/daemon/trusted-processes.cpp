#include "broker/daemon/trusted-processes.h"

#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {
namespace {

std::vector<kj::AutoCloseFd> noMoreFds() { return {}; }

// A process serves from inside its cage, so from here on that can be seen.
kj::Promise<void> answers(Service& service) { return service.bootstrap().whenResolved(); }

}  // namespace

TrustedProcesses::TrustedProcesses(Surroundings& around)
    : m_around(around),
      m_vault(around,
              spawn::ProcessKind::VAULT,
              "vault",
              "",
              &noMoreFds,
              [this]() -> kj::Promise<void> {
                // Asked first: one that refuses its folder must not look like a broken prompt.
                return vault().pingRequest().send().ignoreResult().then([this] {
                  // A fresh vault knows no prompt, and the prompt's end of the old link is dead;
                  // unless the prompt ended first and waits for this vault.
                  if (m_vaultHadPrompt && m_waitsForVault.get() == nullptr) m_prompt.restart();
                  m_vaultHadPrompt = true;
                  m_vaultRuns = m_vault.pid();
                  if (m_waitsForVault.get() != nullptr) m_waitsForVault->fulfill();
                  m_waitsForVault = nullptr;
                });
              }),
      m_prompt(
          around,
          spawn::ProcessKind::PROMPT,
          "prompt",
          "",
          [this] {
            auto pair = makeSocketPair();
            m_vaultsEnd = kj::mv(pair.ours);
            std::vector<kj::AutoCloseFd> fds;
            fds.push_back(kj::mv(pair.theirs));
            return fds;
          },
          [this] { return attachPrompt(); }),
      m_net(around, spawn::ProcessKind::NET, "net", "", &noMoreFds, [this] {
        return answers(m_net);
      }) {
  // Not the prompt, nor frames: what keeps these is the desktop, which a restart would not mend.
  m_vault.watchBy([this] { return vault().pingRequest().send().ignoreResult(); });
  m_net.watchBy([this] { return net().pingRequest().send().ignoreResult(); });
}

// A vault that ends takes the prompt along, and the next prompt may be there before the next vault.
kj::Promise<void> TrustedProcesses::attachPrompt() {
  if (m_vault.pid() == 0 || m_vault.pid() != m_vaultRuns) {
    auto wait = kj::newPromiseAndFulfiller<void>();
    m_waitsForVault = kj::mv(wait.fulfiller);
    return wait.promise.then([this] { return attachPrompt(); });
  }
  auto request = vault().attachPromptRequest();
  request.setLink(kj::heap<FdCarrier>(kj::mv(m_vaultsEnd)));
  return request.send().ignoreResult().then([this] { return answers(m_prompt); });
}

kj::Promise<void> TrustedProcesses::start() {
  auto net = m_net.start();
  return m_vault.start()
      .then([this] { return m_prompt.start(); })
      .then([net = kj::mv(net)]() mutable { return kj::mv(net); });
}

kj::Promise<void> TrustedProcesses::stop() {
  auto others = kj::heapArrayBuilder<kj::Promise<void>>(2);
  others.add(m_net.stop([]() -> kj::Promise<void> { return kj::READY_NOW; }));
  others.add(m_prompt.stop([this] {
    return m_prompt.bootstrap().castAs<proto::PromptControl>().closeRequest().send().ignoreResult();
  }));
  return kj::joinPromises(others.finish())
      .then([this] {
        m_around.journal.write(Level::INFO, "broker", "shutdown: net and prompt ended");
        return m_vault.stop([this] { return vault().lockRequest().send().ignoreResult(); });
      })
      .then([this] { m_around.journal.write(Level::INFO, "broker", "shutdown: vault ended"); });
}

}  // namespace sallyport::daemon
