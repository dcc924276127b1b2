// A vault in the test's own process: rows in memory, one wallet whose keys are those of TestKeys,
// and a test that says what goes wrong.
#pragma once

#include <kj/async.h>
#include <kj/debug.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "proto/cancellation.h"
#include "proto/vault.capnp.h"
#include "tests/broker/wallet/test-keys.h"

namespace sallyport::wallet {

inline constexpr const char* WALLET_ID = "0123456789abcdef";

class VaultFake {
 public:
  TestKeys keys;
  std::map<std::string, std::string> rows;  // of the wallet
  bool locked = false;
  bool initialized = true;
  bool dead = false;  // every call fails as if the process had gone
  proto::Failure fails =
      proto::Failure::NONE;  // what the next calls answer, unless they list or store
  proto::Failure storing = proto::Failure::NONE;
  kj::Maybe<proto::SignRefusal> refuses;
  proto::Network network = proto::Network::REGTEST;
  std::size_t rowsInAReply = 1000;
  std::function<void(bitcoin::Transaction&)> changeSigned;
  std::function<void()> onStored;         // after each write
  kj::Maybe<kj::Promise<void>> holdSign;  // the person thinks for so long
  kj::Maybe<kj::Promise<void>> holdStoring;
  std::vector<std::string> calls;  // names, in order
  std::string createdName;
  unsigned createdWords = 0;
  std::uint32_t idleSeconds = 12345;
  bool haveWallet = true;
  bool backedUp = false;

  std::function<proto::Vault::Client()> client() {
    return [this]() -> proto::Vault::Client { return kj::heap<Server>(*this); };
  }

  bool called(std::string_view name) const {
    return std::find(calls.begin(), calls.end(), name) != calls.end();
  }

 private:
  class Server final : public proto::Vault::Server {
   public:
    explicit Server(VaultFake& vault) : m_vault(vault) {}

    kj::Promise<void> status(StatusContext context) override {
      note("status");
      auto status = context.getResults().initStatus();
      status.setInitialized(m_vault.initialized);
      status.setLocked(m_vault.locked);
      return kj::READY_NOW;
    }

    kj::Promise<void> wallets(WalletsContext context) override {
      note("wallets");
      context.getResults().setLocked(m_vault.locked);
      if (m_vault.locked || !m_vault.haveWallet) return kj::READY_NOW;
      describe(context.getResults().initWallets(1)[0]);
      return kj::READY_NOW;
    }

    kj::Promise<void> createWallet(CreateWalletContext context) override {
      note("createWallet");
      const auto params = context.getParams();
      m_vault.createdName.assign(params.getName().begin(), params.getName().size());
      m_vault.createdWords = params.getWords();
      if (m_vault.fails != proto::Failure::NONE) {
        context.getResults().initResult().setFailure(m_vault.fails);
        return kj::READY_NOW;
      }
      m_vault.haveWallet = true;
      describe(context.getResults().initResult().initWallet());
      return kj::READY_NOW;
    }

    kj::Promise<void> setPassphrase(SetPassphraseContext context) override {
      note("setPassphrase");
      context.getResults().initResult().setFailure(m_vault.fails);
      return kj::READY_NOW;
    }

    kj::Promise<void> unlock(UnlockContext context) override {
      note("unlock");
      m_vault.idleSeconds = context.getParams().getIdleSeconds();
      context.getResults().initResult().setFailure(m_vault.fails);
      if (m_vault.fails == proto::Failure::NONE) m_vault.locked = false;
      return kj::READY_NOW;
    }

    kj::Promise<void> lock(LockContext) override {
      note("lock");
      m_vault.locked = true;
      return kj::READY_NOW;
    }

    kj::Promise<void> sign(SignContext context) override {
      proto::allowCancellation(context);
      note("sign");
      auto answer = [this, context]() mutable {
        alive();
        auto result = context.getResults().initResult();
        if (m_vault.fails != proto::Failure::NONE) {
          result.setFailure(m_vault.fails);
          return;
        }
        KJ_IF_MAYBE (refusal, m_vault.refuses) {
          result.setRefusal(*refusal);
          return;
        }
        const auto psbt = context.getParams().getPsbt();
        auto transaction = m_vault.keys.sign({psbt.begin(), psbt.size()});
        if (m_vault.changeSigned) m_vault.changeSigned(transaction);
        const auto bytes = transaction.serialize();
        result.initSigned().setTransaction(kj::arrayPtr(bytes.data(), bytes.size()));
      };
      KJ_IF_MAYBE (hold, m_vault.holdSign) return hold->then(kj::mv(answer));
      answer();
      return kj::READY_NOW;
    }

    kj::Promise<void> getRecords(GetRecordsContext context) override {
      note("getRecords");
      if (m_vault.locked) {
        context.getResults().setFailure(proto::Failure::LOCKED);
        return kj::READY_NOW;
      }
      const auto params = context.getParams();
      std::vector<std::pair<std::string, std::string>> page;
      for (const auto& row : m_vault.rows) {
        if (row.first <= std::string(params.getAfter().cStr())) continue;
        if (page.size() == std::min<std::size_t>(m_vault.rowsInAReply, params.getLimit())) break;
        page.push_back(row);
      }
      auto records = context.getResults().initRecords(static_cast<unsigned>(page.size()));
      for (unsigned i = 0; i < page.size(); ++i) {
        records[i].setKey(page[i].first.c_str());
        records[i].setValue(kj::arrayPtr(page[i].second.data(), page[i].second.size()).asBytes());
      }
      return kj::READY_NOW;
    }

    kj::Promise<void> putRecords(PutRecordsContext context) override {
      note("putRecords");
      auto store = [this, context]() mutable {
        alive();
        const auto failure = m_vault.locked ? proto::Failure::LOCKED : m_vault.storing;
        context.getResults().initResult().setFailure(failure);
        if (failure != proto::Failure::NONE) return;
        for (auto record : context.getParams().getRecords()) {
          const auto value = record.getValue().asChars();
          if (value.size() == 0)
            m_vault.rows.erase(record.getKey().cStr());
          else
            m_vault.rows[record.getKey().cStr()].assign(value.begin(), value.end());
        }
        if (m_vault.onStored) m_vault.onStored();
      };
      KJ_IF_MAYBE (hold, m_vault.holdStoring) return hold->then(kj::mv(store));
      store();
      return kj::READY_NOW;
    }

   private:
    void note(std::string name) {
      m_vault.calls.push_back(std::move(name));
      alive();
    }
    void alive() {
      if (m_vault.dead) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "the vault died"));
    }
    void describe(proto::Wallet::Builder wallet) {
      wallet.setId(WALLET_ID);
      wallet.setName("savings");
      wallet.setNetwork(m_vault.network);
      wallet.setScriptType(proto::ScriptType::P2WPKH);
      const auto fingerprint = bitcoin::fromHex(FINGERPRINT).value();
      wallet.setMasterFingerprint(kj::arrayPtr(fingerprint.data(), fingerprint.size()));
      wallet.setAccountPath(ACCOUNT_PATH);
      wallet.setAccountXpub(m_vault.keys.xpub().c_str());
      wallet.setBackedUp(m_vault.backedUp);
    }

    VaultFake& m_vault;
  };
};

}  // namespace sallyport::wallet
