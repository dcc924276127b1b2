// A person at a prompt, scripted: answers each question from what the test put in.
#pragma once

#include <proto/prompt.capnp.h>

#include <deque>
#include <string>
#include <vector>

namespace sallyport::vault {

enum class Reply { ACCEPT, DECLINE, WRONG, HANG };

struct Payee {
  std::string address;
  std::uint64_t amount;
  bool own;
};

// What the person does, and what was seen.
struct Person {
  std::deque<std::string> passphrases;     // askPassphrase, in order; empty: declines
  std::deque<std::string> newPassphrases;  // choosePassphrase
  Reply seed = Reply::ACCEPT;
  Reply words = Reply::ACCEPT;  // answers from what was shown
  Reply confirm = Reply::ACCEPT;
  Reply passphrase = Reply::ACCEPT;
  std::vector<std::string> typedSeed;  // enterSeed; empty: declines

  std::vector<std::string> questions;
  std::vector<bool> wrongBefore;
  std::vector<std::string> shownSeed;
  std::vector<unsigned> positions;
  std::string walletName, network;
  std::vector<Payee> payments;
  std::uint64_t change = 0, fee = 0, rate = 0, input = 0;
  unsigned inputs = 0;
  bool typeFee = false;
  bool dropped = false;  // an open question was taken back
};

class PromptFake final : public proto::Prompt::Server {
 public:
  explicit PromptFake(Person& person) : m_person(person) {}

  kj::Promise<void> askPassphrase(AskPassphraseContext context) override {
    m_person.questions.push_back("askPassphrase");
    m_person.wrongBefore.push_back(context.getParams().getWrongBefore());
    if (m_person.passphrase == Reply::HANG) return hang();
    answer(context.getResults().initAnswer(), m_person.passphrases);
    return kj::READY_NOW;
  }
  kj::Promise<void> choosePassphrase(ChoosePassphraseContext context) override {
    m_person.questions.push_back("choosePassphrase");
    answer(context.getResults().initAnswer(), m_person.newPassphrases);
    return kj::READY_NOW;
  }
  kj::Promise<void> showSeed(ShowSeedContext context) override {
    m_person.questions.push_back("showSeed");
    m_person.shownSeed.clear();
    for (auto word : context.getParams().getWords()) m_person.shownSeed.emplace_back(word.cStr());
    if (m_person.seed == Reply::HANG) return hang();
    decide(context.getResults().initAnswer(), m_person.seed);
    return kj::READY_NOW;
  }
  kj::Promise<void> askWords(AskWordsContext context) override {
    m_person.questions.push_back("askWords");
    auto answer = context.getResults().initAnswer();
    m_person.positions.clear();
    for (auto position : context.getParams().getPositions()) m_person.positions.push_back(position);
    if (m_person.words == Reply::HANG) return hang();
    if (m_person.words == Reply::DECLINE) {
      answer.setDeclined();
      return kj::READY_NOW;
    }
    auto words = answer.initWords(static_cast<unsigned>(m_person.positions.size()));
    for (unsigned i = 0; i < words.size(); ++i) {
      const bool wrong = m_person.words == Reply::WRONG && i + 1 == words.size();
      words.set(i, wrong ? "zoo" : m_person.shownSeed[m_person.positions[i] - 1].c_str());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> enterSeed(EnterSeedContext context) override {
    m_person.questions.push_back("enterSeed");
    auto answer = context.getResults().initAnswer();
    if (m_person.typedSeed.empty()) {
      answer.setDeclined();
      return kj::READY_NOW;
    }
    auto words = answer.initWords(static_cast<unsigned>(m_person.typedSeed.size()));
    for (unsigned i = 0; i < words.size(); ++i) words.set(i, m_person.typedSeed[i].c_str());
    return kj::READY_NOW;
  }
  kj::Promise<void> confirmTransaction(ConfirmTransactionContext context) override {
    m_person.questions.push_back("confirmTransaction");
    const auto summary = context.getParams().getSummary();
    m_person.walletName = summary.getWalletName();
    m_person.network = summary.getNetwork();
    m_person.payments.clear();
    for (auto payment : summary.getPayments()) {
      m_person.payments.push_back({payment.getAddress(), payment.getAmountSat(), payment.getOwn()});
    }
    m_person.change = summary.getChangeSat();
    m_person.fee = summary.getFeeSat();
    m_person.rate = summary.getFeeRateMilliSatPerVbyte();
    m_person.input = summary.getInputSat();
    m_person.inputs = summary.getInputs();
    m_person.typeFee = summary.getTypeFee();
    if (m_person.confirm == Reply::HANG) return hang();
    decide(context.getResults().initAnswer(), m_person.confirm);
    return kj::READY_NOW;
  }
  kj::Promise<void> notify(NotifyContext) override { return kj::READY_NOW; }

 private:
  static void decide(proto::Answer::Builder out, Reply reply) {
    if (reply == Reply::ACCEPT) {
      out.setAccepted();
    } else {
      out.setDeclined();
    }
  }
  static void answer(proto::Secret::Builder out, std::deque<std::string>& from) {
    if (from.empty()) {
      out.setDeclined();
      return;
    }
    out.setText(kj::arrayPtr(from.front().data(), from.front().size()).asBytes());
    from.pop_front();
  }
  kj::Promise<void> hang() { return kj::NEVER_DONE; }

  Person& m_person;
};

}  // namespace sallyport::vault
