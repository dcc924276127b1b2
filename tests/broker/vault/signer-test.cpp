#include "broker/vault/signer.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/psbt.h"
#include "broker/bitcoin/sighash.h"
#include "broker/vault/keychain.h"
#include "tests/broker/vault/payment.h"
#include "tests/broker/vault/session-fixture.h"

namespace sallyport::vault {
namespace {

using bitcoin::Amount;
using proto::SignRefusal;

// The vault with the wallet of BIP84's mnemonic on regtest, unlocked.
struct SigningFixture : SessionFixture {
  SigningFixture() {
    peer->attach();
    peer->person.newPassphrases = {PASSPHRASE};
    peer->person.typedSeed = ABANDON;
    wallet = peer->restoreSeed(nullptr, "savings").first;
    REQUIRE(wallet.id.size() == 16);
    peer->person.questions.clear();
  }

  struct Answer {
    Failure failure = Failure::NONE;
    int refusal = -1;
    Bytes psbt, transaction;
  };
  Answer sign(const Bytes& bytes) { return finish(peer->sign(wallet.id, bytes)); }
  template <typename Pending>
  Answer finish(Pending pending) {
    auto response = pending.wait(io.waitScope);
    auto result = response.getResult();
    Answer answer;
    switch (result.which()) {
      case proto::SignResult::SIGNED: {
        const auto psbt = result.getSigned().getPsbt();
        const auto transaction = result.getSigned().getTransaction();
        answer.psbt.assign(psbt.begin(), psbt.end());
        answer.transaction.assign(transaction.begin(), transaction.end());
        break;
      }
      case proto::SignResult::FAILURE:
        answer.failure = result.getFailure();
        break;
      case proto::SignResult::REFUSAL:
        answer.refusal = static_cast<int>(result.getRefusal());
        break;
    }
    return answer;
  }
  // The PSBT after `change` is refused so, and nobody is asked.
  void refuses(SignRefusal refusal, const std::function<void(TestPayment&)>& change) {
    TestPayment payment(wallet.xpub);
    change(payment);
    const Answer answer = sign(payment.bytes());
    CHECK(answer.refusal == static_cast<int>(refusal));
    CHECK(answer.transaction.empty());
    CHECK(peer->person.questions.empty());
  }

  WalletInfo wallet;
};

TEST_CASE(
    "a payment is shown as the vault reads it, signed, finalised, and its signatures verify") {
  SigningFixture f;
  TestPayment payment(f.wallet.xpub);
  const auto answer = f.sign(payment.bytes());
  REQUIRE(answer.failure == Failure::NONE);
  REQUIRE(answer.refusal == -1);

  const Person& person = f.peer->person;
  CHECK(person.questions == std::vector<std::string>{"confirmTransaction"});
  CHECK(person.walletName == "savings");
  CHECK(person.network == "regtest");
  REQUIRE(person.payments.size() == 1);
  CHECK(person.payments[0].address == payment.payeeAddress());
  CHECK(person.payments[0].amount == 70'000);
  CHECK_FALSE(person.payments[0].own);
  CHECK(person.change == 79'000);
  CHECK(person.fee == 1'000);
  CHECK(person.input == 150'000);
  CHECK(person.inputs == 2);

  const auto tx = bitcoin::Transaction::parse(answer.transaction);
  REQUIRE(tx.has_value());
  CHECK(tx->txid() == payment.psbt.tx.txid());
  CHECK(person.rate >= 1'000'000 / tx->vsize() - 50);
  CHECK(person.rate <= 1'000'000 / tx->vsize());
  const auto context = freshContext();
  for (std::size_t i = 0; i < tx->inputs.size(); ++i) {
    REQUIRE(tx->inputs[i].witness.size() == 2);
    CHECK(tx->inputs[i].scriptSig.empty());
    Bytes signature = tx->inputs[i].witness[0];
    const Bytes& key = tx->inputs[i].witness[1];
    CHECK(signature.back() == bitcoin::SIGHASH_ALL);
    CHECK(signature.size() <= 72);
    signature.pop_back();
    const auto spent = *payment.psbt.spentOutput(i);
    CHECK(bitcoin::p2wpkhScript(bitcoin::hash160(key)) == spent.script);
    const auto digest = bitcoin::segwitSighash(
        *tx, i, bitcoin::p2pkhScript(bitcoin::hash160(key)), spent.value, bitcoin::SIGHASH_ALL);
    CHECK(bitcoin::keys::verifyEcdsa(context, key, *digest, signature));
    // The check is one: another digest does not verify.
    auto other = *digest;
    other[0] ^= 1;
    CHECK_FALSE(bitcoin::keys::verifyEcdsa(context, key, other, signature));
  }
  const auto psbt = bitcoin::Psbt::parse(answer.psbt);
  REQUIRE(psbt.has_value());
  CHECK(psbt->extract()->serialize() == answer.transaction);
}

TEST_CASE("a payment to an own address is named as own, not hidden as change") {
  SigningFixture f;
  TestPayment payment(f.wallet.xpub);
  payment.payOwn(0, 0, 5);
  REQUIRE(f.sign(payment.bytes()).failure == Failure::NONE);
  REQUIRE(f.peer->person.payments.size() == 1);
  CHECK(f.peer->person.payments[0].own);
  // Without the claim it is an address like any other: shown, not own.
  payment.psbt.outputs[0].fields.clear();
  REQUIRE(f.sign(payment.bytes()).failure == Failure::NONE);
  CHECK_FALSE(f.peer->person.payments[0].own);
}

TEST_CASE("an input that does not derive from the wallet is refused") {
  SigningFixture f;
  f.refuses(SignRefusal::FOREIGN_INPUT,
            [](TestPayment& p) { p.psbt.inputs[1].fields.erase(p.derivationField(1)); });
  // another account of the same seed, a deeper path, a hardened end, a third chain
  for (const bitcoin::Path& path :
       {bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(1), 0, 1},
        bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(0), bitcoin::hardened(0), 0, 1},
        bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(0), 0},
        bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(0), 0, 1, 0},
        bitcoin::Path{bitcoin::hardened(84),
                      bitcoin::hardened(1),
                      bitcoin::hardened(0),
                      0,
                      bitcoin::hardened(1)},
        bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(0), 2, 1},
        bitcoin::Path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(0), 0, 2}}) {
    f.refuses(SignRefusal::FOREIGN_INPUT, [&](TestPayment& p) { p.claimInput(1, path); });
  }
  // the right claim for another output's script
  f.refuses(SignRefusal::FOREIGN_INPUT, [](TestPayment& p) { p.spendForeign(1); });
}

TEST_CASE("any hash type but ALL is refused") {
  SigningFixture f;
  for (std::uint32_t type : {0u, 2u, 3u, 0x81u, 0x82u, 0x83u, 0x100u, 0x101u}) {
    f.refuses(SignRefusal::UNKNOWN_SIGHASH,
              [&](TestPayment& p) { p.psbt.inputs[0].setSighashType(type); });
  }
  TestPayment payment(f.wallet.xpub);
  payment.psbt.inputs[0].setSighashType(bitcoin::SIGHASH_ALL);
  CHECK(f.sign(payment.bytes()).failure == Failure::NONE);
}

TEST_CASE("the previous transaction must be there and be the one that is spent") {
  SigningFixture f;
  f.refuses(SignRefusal::MISSING_PREVIOUS_TRANSACTION, [](TestPayment& p) {
    const auto spent = *p.psbt.spentOutput(0);
    p.psbt.inputs[0].fields.erase(Bytes{0x00});
    p.psbt.inputs[0].setWitnessUtxo(spent);
  });
  f.refuses(SignRefusal::PREVIOUS_TRANSACTION_MISMATCH, [](TestPayment& p) {
    auto previous = *p.psbt.inputs[0].previousTransaction();
    previous.outputs[0].value = *Amount::of(1'000);  // another amount is another txid
    p.psbt.inputs[0].setPreviousTransaction(previous);
  });
  f.refuses(SignRefusal::PREVIOUS_TRANSACTION_MISMATCH, [](TestPayment& p) {
    auto lie = *p.psbt.spentOutput(0);
    lie.value = *Amount::of(90'000);
    p.psbt.inputs[0].setWitnessUtxo(lie);
  });
  f.refuses(SignRefusal::PREVIOUS_TRANSACTION_MISMATCH,
            [](TestPayment& p) { p.psbt.tx.inputs[0].previous.index = 7; });
}

TEST_CASE("an output that claims to be ours and is not is refused") {
  SigningFixture f;
  // the payee's output with a claim of change: the attack
  f.refuses(SignRefusal::FALSE_CHANGE, [](TestPayment& p) { p.claimOutput(0, {1, 0}); });
  f.refuses(SignRefusal::FALSE_CHANGE, [](TestPayment& p) { p.claimOutput(1, {1, 1}); });
  f.refuses(SignRefusal::FALSE_CHANGE, [](TestPayment& p) { p.claimOutput(1, {3, 0}); });
  f.refuses(SignRefusal::FALSE_CHANGE, [](TestPayment& p) { p.claimOutput(1, {1}); });
}

TEST_CASE("fees are capped at 0.01 BTC and at 2,000 sat/vB") {
  SigningFixture f;
  TestPayment payment(f.wallet.xpub);
  payment.fund(0, 200'000'000);
  // With twenty payees the sum is over, at 1,200 sat/vB.
  TestPayment large(f.wallet.xpub);
  large.fund(0, 200'000'000);
  large.addPayees(20);
  large.setFee(1'000'001);
  CHECK(f.sign(large.bytes()).refusal == static_cast<int>(SignRefusal::FEE_TOO_HIGH));
  CHECK(f.peer->person.questions.empty());
  large.setFee(1'000'000);
  CHECK(f.sign(large.bytes()).refusal == -1);
  CHECK(f.peer->person.fee == 1'000'000);
  CHECK(f.peer->person.payments.size() == 21);
  f.peer->person.questions.clear();
  // 209 vB with both signatures: 0.01 BTC is over the rate, 2,000 sat/vB is the limit.
  payment.setFee(1'000'000);
  CHECK(f.sign(payment.bytes()).refusal == static_cast<int>(SignRefusal::FEE_TOO_HIGH));
  payment.setFee(2'001 * 210);
  CHECK(f.sign(payment.bytes()).refusal == static_cast<int>(SignRefusal::FEE_TOO_HIGH));
  CHECK(f.peer->person.questions.empty());
  payment.setFee(2'000 * 208);
  CHECK(f.sign(payment.bytes()).failure == Failure::NONE);
  CHECK(f.sign(payment.bytes()).refusal == -1);
}

TEST_CASE("a fee over a quarter of the payments has to be typed, whoever chose it") {
  SigningFixture f;
  TestPayment payment(f.wallet.xpub);
  payment.fund(0, 200'000'000);
  payment.setFee(1'000);
  f.sign(payment.bytes());
  std::uint64_t paid = 0;
  for (const auto& payee : f.peer->person.payments) paid += payee.amount;
  REQUIRE(paid / 4 < 2'000 * 208);
  payment.setFee(static_cast<std::int64_t>(paid / 4));
  f.sign(payment.bytes());
  CHECK_FALSE(f.peer->person.typeFee);
  payment.setFee(static_cast<std::int64_t>(paid / 4) + 1);
  f.sign(payment.bytes());
  CHECK(f.peer->person.typeFee);
}

TEST_CASE("a payment that is signed already, in part or whole, is refused") {
  SigningFixture f;
  TestPayment payment(f.wallet.xpub);
  const auto answer = f.sign(payment.bytes());
  f.peer->person.questions.clear();
  CHECK(f.sign(answer.psbt).refusal == static_cast<int>(SignRefusal::ALREADY_SIGNED));
  f.refuses(SignRefusal::ALREADY_SIGNED, [](TestPayment& p) {
    p.psbt.inputs[1].addPartialSignature(p.psbt.inputs[1].derivations()[0].key,
                                         Bytes{0x30, 6, 2, 1, 1, 2, 1, 1, 1});
  });
}

TEST_CASE("another version, a script that has no address, or a wrapped input is not our format") {
  SigningFixture f;
  f.refuses(SignRefusal::NOT_OUR_FORMAT, [](TestPayment& p) { p.psbt.tx.version = 1; });
  f.refuses(SignRefusal::NOT_OUR_FORMAT, [](TestPayment& p) {
    p.psbt.tx.outputs[0].script = {0x6a, 0x01, 0x00};
  });
  f.refuses(SignRefusal::NOT_OUR_FORMAT, [](TestPayment& p) {
    p.psbt.inputs[0].setRedeemScript(Bytes{0x00, 0x14});
  });
}

TEST_CASE("bytes that are no PSBT, or one that spends more than it has, are malformed") {
  SigningFixture f;
  const Bytes good = TestPayment(f.wallet.xpub).bytes();
  CHECK(f.sign({}).failure == Failure::MALFORMED);
  CHECK(f.sign(Bytes(100, 0xff)).failure == Failure::MALFORMED);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    CHECK(f.sign(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).failure ==
          Failure::MALFORMED);
  }
  CHECK(f.sign(Bytes(proto::MAX_PSBT_BYTES + 1, 0)).failure == Failure::LIMIT);
  TestPayment greedy(f.wallet.xpub);
  greedy.psbt.tx.outputs[0].value = *Amount::of(1'000'000);
  CHECK(f.sign(greedy.bytes()).failure == Failure::MALFORMED);
  TestPayment twice(f.wallet.xpub);
  twice.psbt.tx.inputs[1].previous = twice.psbt.tx.inputs[0].previous;
  CHECK(f.sign(twice.bytes()).failure == Failure::MALFORMED);
  CHECK(f.peer->person.questions.empty());
}

TEST_CASE("an unknown wallet signs nothing, and so does one of another seed") {
  SigningFixture f;
  const Bytes bytes = TestPayment(f.wallet.xpub).bytes();
  CHECK(f.finish(f.peer->sign("0000000000000000", bytes)).failure == Failure::NO_SUCH_WALLET);
  const auto other = f.peer->createWallet("other").first;
  CHECK(f.finish(f.peer->sign(other.id, bytes)).refusal ==
        static_cast<int>(SignRefusal::FOREIGN_INPUT));
}

TEST_CASE(
    "nothing is signed when the user declines, the prompt dies or is replaced, or the vault "
    "locks") {
  SigningFixture f;
  const Bytes bytes = TestPayment(f.wallet.xpub).bytes();
  f.peer->person.confirm = Reply::DECLINE;
  CHECK(f.sign(bytes).failure == Failure::DECLINED);

  f.peer->person.confirm = Reply::HANG;
  auto replaced = f.peer->sign(f.wallet.id, bytes);
  f.io.waitScope.poll();
  f.peer->attach();
  CHECK(f.finish(kj::mv(replaced)).failure == Failure::DECLINED);

  auto locked = f.peer->sign(f.wallet.id, bytes);
  f.io.waitScope.poll();
  CHECK(f.peer->setPassphrase() == Failure::BUSY);
  f.peer->lock();
  CHECK(f.finish(kj::mv(locked)).failure == Failure::DECLINED);
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);

  auto dead = f.peer->sign(f.wallet.id, bytes);
  f.io.waitScope.poll();
  f.peer->prompts.clear();
  CHECK(f.finish(kj::mv(dead)).failure == Failure::NO_PROMPT);
  CHECK(f.sign(bytes).failure == Failure::NO_PROMPT);
}

TEST_CASE("signing while locked asks the passphrase first") {
  SigningFixture f;
  f.peer->lock();
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.sign(TestPayment(f.wallet.xpub).bytes()).failure == Failure::NONE);
  CHECK(f.peer->person.questions ==
        std::vector<std::string>{"askPassphrase", "confirmTransaction"});
}

TEST_CASE("an approval for other bytes signs nothing") {
  SigningFixture f;
  const auto wallet = *f.lockbox->store()->find(f.wallet.id);
  const SecretBuffer entropy(16);  // that of "abandon … about"
  TestPayment shown(f.wallet.xpub), swapped(f.wallet.xpub);
  swapped.psbt.tx.outputs[0].value = *Amount::of(70'001);
  auto harmless = SigningRequest::read(wallet, shown.bytes());
  auto evil = SigningRequest::read(wallet, swapped.bytes());
  REQUIRE(harmless.has_value());
  REQUIRE(evil.has_value());
  // The only source of an Approval is the link to the user.
  auto [ours, theirs] = socketPair();
  f.peer->prompts.push_back(std::make_unique<PromptHost>(f.io, kj::mv(ours), f.peer->person));
  PromptLink link(f.io.lowLevelProvider->wrapSocketFd(kj::mv(theirs)));
  const auto approval =
      link.confirmTransaction(harmless->summary(), harmless->digest()).wait(f.io.waitScope);
  REQUIRE(approval.has_value());
  const auto refused = kj::mv(*evil).sign(*approval, entropy);
  REQUIRE_FALSE(refused.has_value());
  CHECK(std::get<Failure>(refused.error()) == Failure::DECLINED);
  CHECK(kj::mv(*harmless).sign(*approval, entropy).has_value());
}

}  // namespace
}  // namespace sallyport::vault
