#include "broker/wallet/wallet-service.h"

#include <kj/debug.h>

#include <algorithm>

#include "broker/wallet/payment.h"

namespace sallyport::wallet {
namespace {

using commands::Code;
using commands::Error;

constexpr std::size_t MAX_LABEL_BYTES = 256, MAX_FILTER_BYTES = 128;

Error invalid(std::string message) { return {Code::INVALID_ARGUMENT, std::move(message)}; }
Error vaultUnreachable() { return {Code::UNAVAILABLE, "The vault does not answer."}; }

std::string text(capnp::Text::Reader reader) { return {reader.begin(), reader.size()}; }
// With every byte: the vault judges a name, also what stands behind a NUL.
kj::StringPtr text(const std::string& string) { return {string.c_str(), string.size()}; }

// Both enumerations list the four networks in the same order (proto/vault.capnp, types.h).
Network fromProto(proto::Network network) {
  return static_cast<Network>(static_cast<int>(network));
}
proto::Network toProto(Network network) {
  return static_cast<proto::Network>(static_cast<int>(network));
}

WalletDescription describe(proto::Wallet::Reader wallet) {
  const auto fingerprint = wallet.getMasterFingerprint();
  return {text(wallet.getId()),
          text(wallet.getName()),
          fromProto(wallet.getNetwork()),
          wallet.getScriptType() == proto::ScriptType::P2TR ? ScriptType::P2TR : ScriptType::P2WPKH,
          bitcoin::toHex({fingerprint.begin(), fingerprint.size()}),
          text(wallet.getAccountPath()),
          text(wallet.getAccountXpub()),
          wallet.getBackedUp()};
}

// What a failure says about the question: put and refused, or never put.
void settle(PromptPatience::Question& question, proto::Failure failure) {
  switch (failure) {
    case proto::Failure::NONE:
      question.approved();
      break;
    case proto::Failure::DECLINED:
    case proto::Failure::WRONG_PASSPHRASE:
    case proto::Failure::WORDS_WRONG:
      break;
    default:
      question.notAsked();
  }
}

std::optional<Error> checkLabel(const std::optional<std::string>& label) {
  if (!label) return std::nullopt;
  if (label->empty() || label->size() > MAX_LABEL_BYTES)
    return invalid("label: must be 1 to 256 bytes");
  for (char c : *label)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return invalid("label: must not have control characters");
  return std::nullopt;
}

}  // namespace

WalletService::WalletService(Parts parts)
    : m_parts(std::move(parts)),
      m_server(m_parts.net, m_parts.esploraUrl, m_parts.network),
      m_patience(m_parts.timer),
      m_tasks(*this),
      m_payments(*this) {}

WalletService::~WalletService() noexcept(false) = default;

kj::Promise<Result<WalletService::Descriptions>> WalletService::askDescriptions() {
  return m_parts.vault().walletsRequest().send().then(
      [this](capnp::Response<proto::Vault::WalletsResults>&& results) -> Result<Descriptions> {
        if (results.getLocked()) return Error{Code::LOCKED, "The wallet is locked."};
        Descriptions list;
        m_known.clear();
        for (auto wallet : results.getWallets()) {
          auto described = describe(wallet);
          if (described.network != m_parts.network) continue;
          m_known.push_back(described.id);
          if (auto open = m_open.find(described.id); open != m_open.end())
            open->second->describe(described);
          list.push_back(std::move(described));
        }
        return list;
      },
      [](kj::Exception&&) -> Result<Descriptions> { return vaultUnreachable(); });
}

kj::Promise<Result<std::string>> WalletService::createWallet(const Caller& caller,
                                                             CreateWallet arguments) {
  if (arguments.words != 12 && arguments.words != 24)
    return Result<std::string>(invalid("words: expected 12 or 24"));
  if (arguments.network != m_parts.network)
    return Result<std::string>(invalid("network: this installation runs on another network"));
  auto question = m_patience.ask(caller.window);
  if (!question) return Result<std::string>(question.error());
  const std::shared_ptr<PromptPatience::Question> asked = std::move(*question);
  auto request = m_parts.vault().createWalletRequest();
  request.setName(text(arguments.name));
  request.setNetwork(toProto(arguments.network));
  request.setScriptType(arguments.scriptType == ScriptType::P2TR ? proto::ScriptType::P2TR
                                                                 : proto::ScriptType::P2WPKH);
  request.setWords(static_cast<std::uint8_t>(arguments.words));
  return request.send().then(
      [this, window = caller.window, question = asked](
          capnp::Response<proto::Vault::CreateWalletResults>&& results)
          -> kj::Promise<Result<std::string>> {
        const auto result = results.getResult();
        if (result.isFailure()) {
          settle(*question, result.getFailure());
          return Result<std::string>(describeFailure(result.getFailure()));
        }
        // A wallet that nobody wrote down is one that nobody wanted.
        if (result.getWallet().getBackedUp()) question->approved();
        auto id = text(result.getWallet().getId());
        changed.emit({});
        return open(window, id).then([id](Result<Null> opened) -> Result<std::string> {
          if (!opened) return opened.error();
          return id;
        });
      },
      [question = asked](kj::Exception&&) -> kj::Promise<Result<std::string>> {
        question->notAsked();  // a vault that breaks is nobody's no
        return Result<std::string>(vaultUnreachable());
      });
}

kj::Promise<Result<std::vector<std::string>>> WalletService::listWallets(const Caller&,
                                                                         NoArguments) {
  using Ids = Result<std::vector<std::string>>;
  return askDescriptions().then([this](Result<Descriptions> list) -> kj::Promise<Ids> {
    if (list) return Ids(m_known);
    if (list.error().code != Code::LOCKED || !m_known.empty())
      return list.error().code == Code::LOCKED ? Ids(m_known) : Ids(list.error());
    // Locked for want of a first passphrase means that there is nothing to list.
    return m_parts.vault().statusRequest().send().then(
        [](capnp::Response<proto::Vault::StatusResults>&& results) -> Ids {
          if (results.getStatus().getInitialized())
            return Error{Code::LOCKED, "The wallet is locked."};
          return std::vector<std::string>();
        },
        [](kj::Exception&&) -> Ids { return vaultUnreachable(); });
  });
}

kj::Promise<Result<WalletService::Null>> WalletService::selectWallet(const Caller& caller,
                                                                     SelectWallet arguments) {
  return open(caller.window, std::move(arguments.id));
}

kj::Promise<Result<WalletService::Null>> WalletService::open(std::string window, std::string id) {
  if (m_open.count(id) > 0) {
    m_selected[window] = std::move(id);
    return Result<Null>(Null{});
  }
  auto opening = m_opening.find(id);
  if (opening == m_opening.end() || opening->second.done) {
    auto loaded = load(id).then([this, id](Result<Null> outcome) {
      m_opening.at(id).done = true;
      // In a turn of its own: this runs inside the promise that it lets go of.
      m_tasks.add(kj::evalLater([this, id] {
        const auto found = m_opening.find(id);
        if (found != m_opening.end() && found->second.done) m_opening.erase(found);
      }));
      return outcome;
    });
    opening = m_opening.insert_or_assign(id, Opening{loaded.fork()}).first;
  }
  return opening->second.outcome.addBranch().then(
      [this, window = std::move(window), id = std::move(id)](Result<Null> done) mutable {
        if (done) m_selected[window] = std::move(id);
        return done;
      });
}

kj::Promise<Result<WalletService::Null>> WalletService::load(std::string id) {
  return askDescriptions().then(
      [this, id = std::move(id)](Result<Descriptions> list) mutable -> kj::Promise<Result<Null>> {
        if (!list) return Result<Null>(list.error());
        const auto found = std::find_if(
            list->begin(), list->end(), [&](const auto& wallet) { return wallet.id == id; });
        if (found == list->end())
          return Result<Null>(Error{Code::NOT_FOUND, "There is no such wallet."});
        auto account =
            Account::open(found->accountXpub, found->accountPath, toBitcoin(found->network));
        if (!account)
          return Result<Null>(Error{Code::INTERNAL, "The wallet's account cannot be read."});
        auto wallet = std::make_unique<Wallet>(
            *found, std::move(*account), m_server, WalletStore(m_parts.vault, id), m_parts.now);
        wallet->onChange([this] { changed.emit({}); });
        auto& loading = *wallet;
        return loading.load().then([this, id = std::move(id), wallet = std::move(wallet)](
                                       Result<bool> loaded) mutable -> Result<Null> {
          if (!loaded) return loaded.error();
          if (m_open.empty()) m_tasks.add(poll());
          m_tasks.add(wallet->sync().ignoreResult());
          m_open.emplace(std::move(id), std::move(wallet));
          return Null{};
        });
      });
}

Result<Wallet*> WalletService::selected(const Caller& caller) {
  const auto id = m_selected.find(caller.window);
  if (id == m_selected.end())
    return Error{Code::NOT_FOUND, "No wallet is selected in this window."};
  return m_open.at(id->second).get();
}

Result<BalanceAnswer> WalletService::getBalance(const Caller& caller, GetBalance arguments) {
  auto wallet = selected(caller);
  if (!wallet) return wallet.error();
  if (!arguments.addr) return BalanceAnswer((*wallet)->balance());
  const auto balance = (*wallet)->balanceOf(*arguments.addr);
  if (!balance) return invalid("addr: is no address of this wallet");
  return BalanceAnswer(*balance);
}

kj::Promise<Result<Address>> WalletService::generateAddress(const Caller& caller,
                                                            GenerateAddress arguments) {
  if (auto wrong = checkLabel(arguments.label)) return Result<Address>(*wrong);
  auto wallet = selected(caller);
  if (!wallet) return Result<Address>(wallet.error());
  return (*wallet)->handOut(std::move(arguments.label));
}

Result<std::vector<Address>> WalletService::getAddresses(const Caller& caller, NoArguments) {
  auto wallet = selected(caller);
  if (!wallet) return wallet.error();
  return (*wallet)->addresses();
}

Result<std::vector<Tx>> WalletService::getTransactionHistory(const Caller& caller,
                                                             GetTransactionHistory arguments) {
  if (arguments.page && (*arguments.page < 1 || *arguments.page > 1'000'000))
    return invalid("page: expected 1 or more");
  if (arguments.limit && (*arguments.limit < 1 || *arguments.limit > 200))
    return invalid("limit: expected 1 to 200");
  if (arguments.filter && arguments.filter->size() > MAX_FILTER_BYTES)
    return invalid("filter: at most 128 bytes");
  auto wallet = selected(caller);
  if (!wallet) return wallet.error();
  return (*wallet)->history(arguments);
}

kj::Promise<Result<SendAnswer>> WalletService::sendTransaction(const Caller& caller,
                                                               SendTransaction arguments) {
  auto wallet = selected(caller);
  if (!wallet) return Result<SendAnswer>(wallet.error());
  if (auto wrong = checkLabel(arguments.label)) return Result<SendAnswer>(*wrong);
  const bool committing = arguments.stage == Stage::COMMIT;
  if (committing && arguments.draftId) {
    if (arguments.to || arguments.amount || arguments.outputs || arguments.feeRate ||
        arguments.subtractFee)
      return Result<SendAnswer>(
          invalid("draftId: a draft is committed as it is, without other fields"));
    auto payment = m_drafts.take(*arguments.draftId, caller.window, m_parts.timer.now());
    if (!payment) return Result<SendAnswer>(payment.error());
    if (payment->walletId != (*wallet)->description().id)
      return Result<SendAnswer>(Error{Code::CONFLICT, "The draft belongs to another wallet."});
    if (arguments.label) payment->label = std::move(arguments.label);
    return commit(**wallet, caller.window, std::move(*payment));
  }
  if (arguments.draftId) return Result<SendAnswer>(invalid("draftId: only with stage \"commit\""));
  if (committing && !arguments.to && !arguments.outputs)
    return Result<SendAnswer>(invalid("draftId: missing"));
  if (arguments.stage == Stage::DRAFT) return draft(**wallet, caller.window, arguments);
  auto payment = preparePayment(**wallet, arguments, m_fees, m_parts.random);
  if (!payment) return Result<SendAnswer>(payment.error());
  return commit(**wallet, caller.window, std::move(*payment));
}

Result<SendAnswer> WalletService::draft(Wallet& wallet,
                                        const std::string& window,
                                        const SendTransaction& arguments) {
  auto payment = preparePayment(wallet, arguments, m_fees, m_parts.random);
  if (!payment) return payment.error();
  return SendAnswer(m_drafts.keep(
      std::move(*payment), window, m_parts.random, {m_parts.timer.now(), m_parts.now()}));
}

kj::Promise<Result<SendAnswer>> WalletService::commit(Wallet& wallet,
                                                      const std::string& window,
                                                      PreparedPayment payment) {
  if (!stillSpendable(wallet, payment))
    return Result<SendAnswer>(
        Error{Code::CONFLICT, "A coin of this draft was spent meanwhile; draft it again."});
  const auto psbt = toPsbt(wallet, payment);
  if (!psbt) return Result<SendAnswer>(psbt.error());
  auto question = m_patience.ask(window);
  if (!question) return Result<SendAnswer>(question.error());
  const std::shared_ptr<PromptPatience::Question> asked = std::move(*question);
  auto request = m_parts.vault().signRequest();
  request.setWalletId(payment.walletId.c_str());
  request.setPsbt(kj::arrayPtr(psbt->data(), psbt->size()));
  // Up to here a call that is dropped takes its question back, and nothing is signed.
  return request.send().then(
      [this, payment = std::move(payment), question = asked](
          capnp::Response<proto::Vault::SignResults>&& results) mutable
      -> kj::Promise<Result<SendAnswer>> {
        const auto result = results.getResult();
        if (result.isFailure()) {
          settle(*question, result.getFailure());
          return Result<SendAnswer>(describeFailure(result.getFailure()));
        }
        if (result.isRefusal()) {
          question->notAsked();
          return Result<SendAnswer>(describeRefusal(result.getRefusal()));
        }
        question->approved();
        const auto bytes = result.getSigned().getTransaction();
        auto transaction = bitcoin::Transaction::parse({bytes.begin(), bytes.size()});
        if (!transaction || transaction->txid() != payment.transaction.txid())
          return Result<SendAnswer>(Error{Code::INTERNAL, "The vault signed something else."});
        return publish(std::move(*transaction), std::move(payment));
      },
      [question = asked](kj::Exception&&) -> kj::Promise<Result<SendAnswer>> {
        question->notAsked();  // a vault that breaks is nobody's no
        return Result<SendAnswer>(vaultUnreachable());
      });
}

kj::Promise<Result<SendAnswer>> WalletService::publish(bitcoin::Transaction transaction,
                                                       PreparedPayment payment) {
  auto& wallet = *m_open.at(payment.walletId);
  std::string txid = transaction.txid().hex();
  auto published =
      wallet.publish(std::move(transaction), std::move(payment.label), payment.change).fork();
  m_payments.add(published.addBranch().ignoreResult());
  return published.addBranch().then(
      [txid = std::move(txid)](Result<bool> done) -> Result<SendAnswer> {
        if (!done) return done.error();
        return SendAnswer(txid);
      });
}

kj::Promise<Result<bool>> WalletService::unlockWallet(const Caller& caller,
                                                      UnlockWallet arguments) {
  constexpr std::int64_t LONGEST = 86'400;
  if (arguments.ttl && (*arguments.ttl < 0 || *arguments.ttl > LONGEST))
    return Result<bool>(invalid("ttl: expected 0 to 86400 seconds"));
  if (arguments.ttl == 0)
    return m_parts.vault().lockRequest().send().then(
        [this](capnp::Response<proto::Vault::LockResults>&&) -> Result<bool> {
          changed.emit({});
          return false;
        },
        [](kj::Exception&&) -> Result<bool> { return vaultUnreachable(); });
  auto question = m_patience.ask(caller.window);
  if (!question) return Result<bool>(question.error());
  const std::shared_ptr<PromptPatience::Question> asked = std::move(*question);
  auto request = m_parts.vault().unlockRequest();
  request.setIdleSeconds(static_cast<std::uint32_t>(arguments.ttl.value_or(0)));
  return request.send().then(
      [this,
       question = asked](capnp::Response<proto::Vault::UnlockResults>&& results) -> Result<bool> {
        const auto failure = results.getResult().getFailure();
        settle(*question, failure);
        // It is also the answer of a vault that was open and asked nobody.
        if (failure == proto::Failure::NONE) question->notAsked();
        if (failure != proto::Failure::NONE) return describeFailure(failure);
        changed.emit({});
        return true;
      },
      [question = asked](kj::Exception&&) -> Result<bool> {
        question->notAsked();
        return vaultUnreachable();
      });
}

kj::Promise<Result<WalletService::Null>> WalletService::setPassphrase(const Caller& caller,
                                                                      NoArguments) {
  auto question = m_patience.ask(caller.window);
  if (!question) return Result<Null>(question.error());
  const std::shared_ptr<PromptPatience::Question> asked = std::move(*question);
  return m_parts.vault().setPassphraseRequest().send().then(
      [question =
           asked](capnp::Response<proto::Vault::SetPassphraseResults>&& results) -> Result<Null> {
        const auto failure = results.getResult().getFailure();
        settle(*question, failure);
        if (failure != proto::Failure::NONE) return describeFailure(failure);
        return Null{};
      },
      [question = asked](kj::Exception&&) -> Result<Null> {
        question->notAsked();
        return vaultUnreachable();
      });
}

kj::Promise<Result<WalletInfo>> WalletService::getWalletInfo(const Caller& caller, NoArguments) {
  auto wallet = selected(caller);
  if (!wallet) return Result<WalletInfo>(wallet.error());
  // Also refreshes what the vault says of it, such as that it was backed up meanwhile.
  return askDescriptions().then(
      [this, id = (*wallet)->description().id](Result<Descriptions> list) -> Result<WalletInfo> {
        const bool locked = list.has_error() && list.error().code == Code::LOCKED;
        if (!list && !locked) return list.error();
        const Wallet& open = *m_open.at(id);
        const auto& about = open.description();
        return WalletInfo{about.id,
                          about.name,
                          about.network,
                          about.scriptType,
                          about.fingerprint,
                          open.height(),
                          open.synced(),
                          locked,
                          about.backedUp,
                          m_fees};
      });
}

// While wallets are open; a failed round is simply followed by the next.
kj::Promise<void> WalletService::poll() {
  return m_parts.timer.afterDelay(POLL)
      .then(
          [this] { return syncAll().catch_([this](kj::Exception&& e) { taskFailed(kj::mv(e)); }); })
      .then([this] { return poll(); });
}

kj::Promise<void> WalletService::syncAll() {
  auto rounds = kj::Vector<kj::Promise<void>>();
  for (auto& [id, wallet] : m_open) rounds.add(wallet->sync().ignoreResult());
  rounds.add(m_server.feeEstimates().then([this](Result<FeeEstimates> fees) {
    if (fees) m_fees = *fees;
  }));
  return kj::joinPromises(rounds.releaseAsArray());
}

void WalletService::taskFailed(kj::Exception&& exception) {
  // Our bug, in work that nobody waits for: the broker goes on.
  KJ_LOG(ERROR, "the wallet's background work broke", exception);
}

}  // namespace sallyport::wallet
