#include "broker/vault/vault-session.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "broker/vault/app-records.h"
#include "proto/cancellation.h"

namespace sallyport::vault {
namespace {

constexpr std::uint32_t DEFAULT_RECORD_LIMIT = 1000;

std::string textOf(capnp::Text::Reader text) { return {text.begin(), text.size()}; }
kj::StringPtr textOf(const std::string& text) { return {text.c_str(), text.size()}; }
kj::ArrayPtr<const kj::byte> bytesOf(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }
Bytes bytesOf(capnp::Data::Reader data) { return {data.begin(), data.end()}; }

void log(const kj::Exception& exception) {
  // The text is ours: no argument of an assertion in this process holds anything secret.
  KJ_LOG(ERROR, "a call failed", exception.getDescription());
}

// The one place where an exception becomes an answer. `act` returns Promised<T>.
template <typename T, typename Act>
Promised<T> guarded(Act act) {
  return kj::evalNow(kj::mv(act)).catch_([](kj::Exception&& exception) {
    log(exception);
    return Outcome<T>(Failure::STORAGE);
  });
}

template <typename T>
Failure failureOf(const Outcome<T>& outcome) {
  return outcome ? Failure::NONE : outcome.error();
}

void write(const Wallet& wallet, proto::Wallet::Builder out) {
  out.setId(textOf(wallet.id));
  out.setName(textOf(wallet.name));
  out.setNetwork(wallet.network);
  out.setScriptType(wallet.scriptType);
  out.setMasterFingerprint({wallet.masterFingerprint.data(), wallet.masterFingerprint.size()});
  out.setAccountPath(textOf(wallet.accountPath));
  out.setAccountXpub(textOf(wallet.accountXpub));
  out.setBackedUp(wallet.backedUp);
  out.setCreatedAt(wallet.createdAt);
}

void write(const Outcome<Wallet>& outcome, proto::WalletResult::Builder out) {
  if (outcome) {
    write(*outcome, out.initWallet());
  } else {
    out.setFailure(outcome.error());
  }
}

void write(const SignOutcome& outcome, proto::SignResult::Builder out) {
  if (outcome) {
    auto done = out.initSigned();
    done.setPsbt(bytesOf(outcome->psbt));
    done.setTransaction(bytesOf(outcome->transaction));
    return;
  }
  const SignStop stop = outcome.error();
  if (const auto* refusal = std::get_if<proto::SignRefusal>(&stop)) {
    out.setRefusal(*refusal);
  } else {
    out.setFailure(std::get<Failure>(stop));
  }
}

Outcome<std::vector<RecordRow>> readRows(capnp::List<proto::Record>::Reader records) {
  if (records.size() > proto::MAX_RECORDS) return Failure::LIMIT;
  std::vector<RecordRow> rows;
  for (auto record : records) {
    if (record.getKey().size() == 0 || record.getKey().size() > proto::MAX_RECORD_KEY_BYTES ||
        record.getValue().size() > proto::MAX_RECORD_VALUE_BYTES) {
      return Failure::LIMIT;
    }
    rows.push_back({textOf(record.getKey()), bytesOf(record.getValue())});
  }
  return rows;
}

template <typename Results>
void writeRows(const Outcome<std::vector<RecordRow>>& outcome, Results results) {
  results.setFailure(failureOf(outcome));
  if (!outcome) return;
  auto list = results.initRecords(static_cast<unsigned>(outcome->size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setKey(textOf((*outcome)[i].key));
    list[i].setValue(bytesOf((*outcome)[i].value));
  }
}

bool isSpace(std::string_view space) {
  return !space.empty() && space.size() <= proto::MAX_APP_SPACE_BYTES;
}

}  // namespace

VaultSession::VaultSession(Lockbox& lockbox,
                           Ceremonies& ceremonies,
                           kj::LowLevelAsyncIoProvider& io)
    : m_lockbox(lockbox), m_ceremonies(ceremonies), m_io(io) {}

kj::Promise<Ceremonies::Link> VaultSession::linkOf(proto::Fd::Client fd) {
  auto descriptor = fd.getFd();
  return descriptor
      .then([this, fd = kj::mv(fd)](kj::Maybe<int> number) -> Ceremonies::Link {
        KJ_IF_MAYBE (raw, number) {
          kj::AutoCloseFd copy(fcntl(*raw, F_DUPFD_CLOEXEC, 3));
          struct stat info {};
          if (copy.get() < 0 || fstat(copy.get(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
            return nullptr;
          }
          return std::make_shared<PromptLink>(
              m_io.wrapSocketFd(kj::mv(copy), kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC));
        }
        return nullptr;
      })
      .catch_([](kj::Exception&& exception) -> Ceremonies::Link {
        log(exception);
        return nullptr;
      });
}

Outcome<WalletStore*> VaultSession::openStore() {
  m_ceremonies.expire();
  WalletStore* store = m_lockbox.store();
  if (store == nullptr) {
    return m_lockbox.initialized() ? Failure::LOCKED : Failure::NOT_INITIALIZED;
  }
  return store;
}

Outcome<WalletStore*> VaultSession::storeFor(std::string_view walletId) {
  const auto store = openStore();
  if (store && !(*store)->find(walletId)) return Failure::NO_SUCH_WALLET;
  return store;
}

kj::Promise<void> VaultSession::attachPrompt(AttachPromptContext context) {
  return linkOf(context.getParams().getLink()).then([this](Ceremonies::Link link) {
    if (link) m_ceremonies.attachPrompt(kj::mv(link));
  });
}

kj::Promise<void> VaultSession::status(StatusContext context) {
  m_ceremonies.expire();
  auto status = context.getResults().initStatus();
  status.setInitialized(m_lockbox.initialized());
  status.setLocked(m_lockbox.locked());
  status.setFailedAttempts(m_lockbox.attempts().failed());
  status.setRetryAfterSeconds(
      static_cast<std::uint32_t>(m_lockbox.attempts().retryAfter().count()));
  status.setPromptAttached(m_ceremonies.promptAttached());
  status.setSecretMemory({secretMemoryName().data(), secretMemoryName().size()});
  return kj::READY_NOW;
}

kj::Promise<void> VaultSession::ping(PingContext) { return kj::READY_NOW; }

kj::Promise<void> VaultSession::setPassphrase(SetPassphraseContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  return guarded<Done>([&] {
           m_ceremonies.expire();
           return m_ceremonies.setPassphrase();
         })
      .then([context](Outcome<Done> outcome) mutable {
        context.getResults().initResult().setFailure(failureOf(outcome));
      });
}

kj::Promise<void> VaultSession::unlock(UnlockContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  return guarded<Done>([&] {
           m_ceremonies.expire();
           return m_ceremonies.unlock(context.getParams().getIdleSeconds());
         })
      .then([context](Outcome<Done> outcome) mutable {
        context.getResults().initResult().setFailure(failureOf(outcome));
      });
}

kj::Promise<void> VaultSession::lock(LockContext) {
  m_ceremonies.lock();
  return kj::READY_NOW;
}

kj::Promise<void> VaultSession::createWallet(CreateWalletContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  return guarded<Wallet>([&] {
           m_ceremonies.expire();
           const auto params = context.getParams();
           return m_ceremonies.createWallet({textOf(params.getName()),
                                             params.getNetwork(),
                                             params.getScriptType(),
                                             params.getWords()});
         })
      .then([context](Outcome<Wallet> outcome) mutable {
        write(outcome, context.getResults().initResult());
      });
}

kj::Promise<void> VaultSession::wallets(WalletsContext context) {
  return guarded<std::vector<Wallet>>([&] {
           m_ceremonies.expire();
           WalletStore* store = m_lockbox.store();
           return ready<std::vector<Wallet>>(store ? store->list() : std::vector<Wallet>());
         })
      .then([this, context](Outcome<std::vector<Wallet>> outcome) mutable {
        auto results = context.getResults();
        results.setLocked(m_lockbox.locked());
        if (!outcome) return;
        auto list = results.initWallets(static_cast<unsigned>(outcome->size()));
        for (unsigned i = 0; i < list.size(); ++i) write((*outcome)[i], list[i]);
      });
}

kj::Promise<void> VaultSession::sign(SignContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  return kj::evalNow([&]() -> kj::Promise<SignOutcome> {
           m_ceremonies.expire();
           const auto params = context.getParams();
           if (params.getPsbt().size() > proto::MAX_PSBT_BYTES) {
             return SignOutcome(SignStop(Failure::LIMIT));
           }
           return m_ceremonies.sign(textOf(params.getWalletId()), bytesOf(params.getPsbt()));
         })
      .catch_([](kj::Exception&& exception) {
        log(exception);
        return SignOutcome(SignStop(Failure::STORAGE));
      })
      .then([context](SignOutcome outcome) mutable {
        write(outcome, context.getResults().initResult());
      });
}

kj::Promise<void> VaultSession::getRecords(GetRecordsContext context) {
  using Rows = std::vector<RecordRow>;
  return guarded<Rows>([&] {
           const auto params = context.getParams();
           const std::string id = textOf(params.getWalletId());
           const auto store = storeFor(id);
           if (!store) return ready<Rows>(store.error());
           const std::string prefix = textOf(params.getPrefix()), after = textOf(params.getAfter());
           if (std::max(prefix.size(), after.size()) > proto::MAX_RECORD_KEY_BYTES) {
             return ready<Rows>(Failure::LIMIT);
           }
           const std::uint32_t limit = params.getLimit();
           return ready<Rows>(
               (*store)->records(id, prefix, after, limit == 0 ? DEFAULT_RECORD_LIMIT : limit));
         })
      .then([context](Outcome<Rows> outcome) mutable { writeRows(outcome, context.getResults()); });
}

kj::Promise<void> VaultSession::putRecords(PutRecordsContext context) {
  return guarded<Done>([&] {
           const auto params = context.getParams();
           const std::string id = textOf(params.getWalletId());
           const auto store = storeFor(id);
           if (!store) return ready<Done>(store.error());
           const auto rows = readRows(params.getRecords());
           if (!rows) return ready<Done>(rows.error());
           return ready<Done>((*store)->putRecords(id, *rows));
         })
      .then([context](Outcome<Done> outcome) mutable {
        context.getResults().initResult().setFailure(failureOf(outcome));
      });
}

kj::Promise<void> VaultSession::getAppRecords(GetAppRecordsContext context) {
  using Rows = std::vector<RecordRow>;
  return guarded<Rows>([&] {
           const auto params = context.getParams();
           const auto store = openStore();
           if (!store) return ready<Rows>(store.error());
           const std::string space = textOf(params.getSpace());
           const std::string prefix = textOf(params.getPrefix()), after = textOf(params.getAfter());
           if (!isSpace(space) ||
               std::max(prefix.size(), after.size()) > proto::MAX_RECORD_KEY_BYTES) {
             return ready<Rows>(Failure::LIMIT);
           }
           const std::uint32_t limit =
               params.getLimit() == 0 ? DEFAULT_RECORD_LIMIT : params.getLimit();
           return ready<Rows>(
               AppRecords((*store)->sql()).list(space, prefix, after, limit, params.getKeysOnly()));
         })
      .then([context](Outcome<Rows> outcome) mutable { writeRows(outcome, context.getResults()); });
}

kj::Promise<void> VaultSession::putAppRecords(PutAppRecordsContext context) {
  return guarded<Done>([&] {
           const auto params = context.getParams();
           const auto store = openStore();
           if (!store) return ready<Done>(store.error());
           const std::string space = textOf(params.getSpace());
           if (!isSpace(space)) return ready<Done>(Failure::LIMIT);
           const auto rows = readRows(params.getRecords());
           if (!rows) return ready<Done>(rows.error());
           return ready<Done>(AppRecords((*store)->sql()).put(space, *rows));
         })
      .then([context](Outcome<Done> outcome) mutable {
        context.getResults().initResult().setFailure(failureOf(outcome));
      });
}

kj::Promise<void> VaultSession::showSeed(ShowSeedContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  return linkOf(context.getParams().getTerminal())
      .then([this, context](Ceremonies::Link link) mutable {
        return guarded<Done>([&] {
          m_ceremonies.expire();
          return m_ceremonies.showSeed(textOf(context.getParams().getWalletId()), kj::mv(link));
        });
      })
      .then([context](Outcome<Done> outcome) mutable {
        context.getResults().initResult().setFailure(failureOf(outcome));
      });
}

kj::Promise<void> VaultSession::restoreSeed(RestoreSeedContext context) {
  proto::allowCancellation(context);  // dropping the call takes its question back
  const auto params = context.getParams();
  const bool atTerminal = params.hasTerminal();
  auto link =
      atTerminal ? linkOf(params.getTerminal()) : kj::Promise<Ceremonies::Link>(Ceremonies::Link());
  return link
      .then([this, context, atTerminal](Ceremonies::Link terminal) mutable {
        return guarded<Wallet>([&]() -> Promised<Wallet> {
          m_ceremonies.expire();
          if (atTerminal && !terminal) return ready<Wallet>(Failure::NO_PROMPT);
          const auto wanted = context.getParams();
          return m_ceremonies.restoreSeed(
              {textOf(wanted.getName()), wanted.getNetwork(), wanted.getScriptType()},
              kj::mv(terminal));
        });
      })
      .then([context](Outcome<Wallet> outcome) mutable {
        write(outcome, context.getResults().initResult());
      });
}

}  // namespace sallyport::vault
