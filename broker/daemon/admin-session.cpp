#include "broker/daemon/admin-session.h"

#include <optional>

#include "broker/daemon/broker.h"
#include "broker/daemon/descriptor.h"
#include "capabilities/explain.h"

namespace sallyport::daemon {
namespace {

// In the order of proto/vault.capnp.
constexpr const char* FAILURES[] = {"",
                                    "locked",
                                    "declined",
                                    "no prompt",
                                    "busy",
                                    "wrong passphrase",
                                    "too many attempts",
                                    "no passphrase was set",
                                    "no such wallet",
                                    "invalid name",
                                    "limit",
                                    "not supported",
                                    "malformed",
                                    "the words did not match",
                                    "these words are no seed",
                                    "storage"};
constexpr const char* NETWORKS[] = {"mainnet", "testnet4", "signet", "regtest"};

const char* name(proto::Failure failure) {
  const auto index = static_cast<std::size_t>(failure);
  return index < std::size(FAILURES) ? FAILURES[index] : "unknown";
}

std::optional<proto::Network> networkByName(kj::StringPtr text) {
  for (std::size_t i = 0; i < std::size(NETWORKS); ++i)
    if (text == NETWORKS[i]) return static_cast<proto::Network>(i);
  return std::nullopt;
}

std::string_view view(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

// The broker passes the terminal's descriptor on and keeps no copy of it.
kj::Promise<proto::Fd::Client> passOn(proto::Fd::Client terminal) {
  return receiveDescriptor(kj::mv(terminal)).then([](kj::AutoCloseFd fd) -> proto::Fd::Client {
    return kj::heap<FdCarrier>(kj::mv(fd));
  });
}

}  // namespace

kj::Promise<void> AdminSession::status(StatusContext context) {
  context.getResults().setJson(m_broker.statusJson().c_str());
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::doctor(DoctorContext context) {
  return m_broker.doctor().then([context](auto lines) mutable {
    auto checks = context.getResults().initChecks(static_cast<unsigned>(lines.size()));
    for (unsigned i = 0; i < lines.size(); ++i) {
      checks[i].setSubject(lines[i].first.c_str());
      checks[i].setName(lines[i].second.name.c_str());
      checks[i].setValue(lines[i].second.value.c_str());
      switch (lines[i].second.state) {
        case sandbox::CheckState::OK:
          checks[i].setState(proto::Check::State::OK);
          break;
        case sandbox::CheckState::DEGRADED:
          checks[i].setState(proto::Check::State::DEGRADED);
          break;
        case sandbox::CheckState::FAILED:
          checks[i].setState(proto::Check::State::FAILED);
          break;
      }
    }
  });
}

kj::Promise<void> AdminSession::activate(ActivateContext) {
  m_broker.focusWindows();
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::shutdown(ShutdownContext) {
  m_broker.shutdownForGood("asked by the CLI", Broker::Windows::ARE_CLOSED);
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::showSeed(ShowSeedContext context) {
  return passOn(context.getParams().getTerminal())
      .then([this, context](proto::Fd::Client terminal) mutable {
        auto request = m_broker.processes().vault().showSeedRequest();
        request.setWalletId(context.getParams().getWalletId());
        request.setTerminal(kj::mv(terminal));
        return request.send().then([context](auto&& results) mutable {
          context.getResults().setFailure(name(results.getResult().getFailure()));
        });
      });
}

kj::Promise<void> AdminSession::restoreSeed(RestoreSeedContext context) {
  const auto network = networkByName(context.getParams().getNetwork());
  if (!network) {
    context.getResults().setFailure("unknown network");
    return kj::READY_NOW;
  }
  return passOn(context.getParams().getTerminal())
      .then([this, context, network](proto::Fd::Client terminal) mutable {
        auto request = m_broker.processes().vault().restoreSeedRequest();
        request.setName(context.getParams().getName());
        request.setNetwork(*network);
        request.setScriptType(proto::ScriptType::P2WPKH);
        request.setTerminal(kj::mv(terminal));
        return request.send().then([context](auto&& results) mutable {
          const auto result = results.getResult();
          if (result.isWallet())
            context.getResults().setWalletId(result.getWallet().getId());
          else
            context.getResults().setFailure(name(result.getFailure()));
        });
      });
}

kj::Promise<void> AdminSession::wallets(WalletsContext context) {
  return m_broker.processes().vault().walletsRequest().send().then(
      [context](auto&& results) mutable {
        if (results.getLocked()) {
          context.getResults().setFailure("locked");
          return;
        }
        const auto from = results.getWallets();
        auto lines = context.getResults().initWallets(from.size());
        for (unsigned i = 0; i < from.size(); ++i) {
          lines[i].setId(from[i].getId());
          lines[i].setName(from[i].getName());
          lines[i].setNetwork(NETWORKS[static_cast<std::size_t>(from[i].getNetwork())]);
          lines[i].setBackedUp(from[i].getBackedUp());
        }
      });
}

kj::Promise<void> AdminSession::renderers(RenderersContext context) {
  const auto windows = m_broker.windows();
  auto list = context.getResults().initRenderers(static_cast<unsigned>(windows.size()));
  for (unsigned i = 0; i < windows.size(); ++i) {
    list[i].setWindow(windows[i]->label().c_str());
    list[i].setPid(windows[i]->rendererPid());
    list[i].setRestarts(windows[i]->rendererRestarts());
  }
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::capabilityReload(CapabilityReloadContext context) {
  return m_broker.policy().reload().then([context](capabilities::Diagnostics wrong) mutable {
    context.getResults().setWrong(capabilities::format(wrong).c_str());
  });
}

kj::Promise<void> AdminSession::capabilityRevoke(CapabilityRevokeContext context) {
  const auto params = context.getParams();
  const auto wrong =
      m_broker.policy().revoke(view(params.getWindow()), view(params.getPermission()));
  context.getResults().setWrong(capabilities::format(wrong).c_str());
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::capabilityExplain(CapabilityExplainContext context) {
  const auto params = context.getParams();
  const auto& store = m_broker.policy();
  const auto explained = capabilities::explain(
      store.catalogue(), *store.current(), view(params.getWindow()), view(params.getCommand()));
  auto results = context.getResults();
  if (explained) {
    results.setAllowed(explained->allowed);
    results.setText(explained->text.c_str());
  } else {
    results.setWrong(capabilities::format(explained.error()).c_str());
  }
  return kj::READY_NOW;
}

kj::Promise<void> AdminSession::capabilityList(CapabilityListContext context) {
  const auto& store = m_broker.policy();
  const auto text = capabilities::list(
      store.catalogue(), *store.current(), view(context.getParams().getWindow()));
  if (text)
    context.getResults().setText(text->c_str());
  else
    context.getResults().setWrong(capabilities::format(text.error()).c_str());
  return kj::READY_NOW;
}

}  // namespace sallyport::daemon
