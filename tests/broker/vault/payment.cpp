#include "tests/broker/vault/payment.h"

#include "broker/bitcoin/address.h"

namespace sallyport::vault {
namespace {

// Of "abandon … about", as every tool shows it.
constexpr bitcoin::Fingerprint MASTER = {0x73, 0xc5, 0xda, 0x0a};
constexpr std::uint8_t IN_DERIVATION = 0x06;

bitcoin::Amount amount(std::int64_t satoshis) { return *bitcoin::Amount::of(satoshis); }

Bytes payeeScript() {
  bitcoin::Digest20 hash;
  hash.fill(0x42);
  return bitcoin::p2wpkhScript(hash);
}

bitcoin::Path fromMaster(const bitcoin::Path& fromAccount) {
  bitcoin::Path path{bitcoin::hardened(84), bitcoin::hardened(1), bitcoin::hardened(0)};
  path.insert(path.end(), fromAccount.begin(), fromAccount.end());
  return path;
}

}  // namespace

TestPayment::TestPayment(const std::string& xpub)
    : m_account(*bitcoin::ExtendedPublicKey::parse(xpub, bitcoin::Network::REGTEST)) {
  bitcoin::Transaction tx;
  tx.lockTime = 100;
  tx.inputs.resize(2);
  for (std::uint8_t i = 0; i < 2; ++i) {
    tx.inputs[i].sequence = bitcoin::SEQUENCE_RBF;
    tx.inputs[i].previous.txid.bytes.fill(static_cast<std::uint8_t>(i + 1));
  }
  tx.outputs.push_back({amount(70'000), payeeScript()});
  tx.outputs.push_back({amount(79'000), (*m_account.derive({1, 0})).p2wpkhScript()});
  psbt = *bitcoin::Psbt::create(tx);
  spend(0, (*m_account.derive({0, 0})).p2wpkhScript(), 100'000);
  spend(1, (*m_account.derive({0, 1})).p2wpkhScript(), 50'000);
  psbt.inputs[0].addDerivation(derivation({0, 0}));
  psbt.inputs[1].addDerivation(derivation({0, 1}));
  psbt.outputs[1].addDerivation(derivation({1, 0}));
}

std::string TestPayment::payeeAddress() const {
  return *bitcoin::encodeAddress(payeeScript(), bitcoin::Network::REGTEST);
}

bitcoin::KeyDerivation TestPayment::derivation(const bitcoin::Path& fromAccount) const {
  return {(*m_account.derive(fromAccount)).key, {MASTER, fromMaster(fromAccount)}};
}

// A previous transaction with this output, and the input that spends it.
void TestPayment::spend(std::size_t input, const Bytes& script, std::int64_t satoshis) {
  bitcoin::Transaction previous;
  previous.inputs.resize(1);
  previous.inputs[0].previous.txid.bytes.fill(static_cast<std::uint8_t>(0x80 + input));
  previous.outputs.push_back({amount(satoshis), script});
  psbt.tx.inputs[input].previous = {previous.txid(), 0};
  psbt.inputs[input].setPreviousTransaction(previous);
}

Bytes TestPayment::derivationField(std::size_t input) const {
  Bytes key{IN_DERIVATION};
  const auto derivations = psbt.inputs[input].derivations();
  key.insert(key.end(), derivations[0].key.begin(), derivations[0].key.end());
  return key;
}

void TestPayment::claimInput(std::size_t input, const bitcoin::Path& path) {
  const auto key = psbt.inputs[input].derivations()[0].key;
  psbt.inputs[input].fields.erase(derivationField(input));
  psbt.inputs[input].addDerivation({key, {MASTER, path}});
}

void TestPayment::claimOutput(std::size_t output, const bitcoin::Path& fromAccount) {
  psbt.outputs[output].fields.clear();
  psbt.outputs[output].addDerivation(derivation(fromAccount));
}

void TestPayment::payOwn(std::size_t output, std::uint32_t chain, std::uint32_t index) {
  psbt.tx.outputs[output].script = (*m_account.derive({chain, index})).p2wpkhScript();
  claimOutput(output, {chain, index});
}

void TestPayment::spendForeign(std::size_t input) { spend(input, payeeScript(), 50'000); }

void TestPayment::fund(std::size_t input, std::int64_t satoshis) {
  spend(input, (*psbt.spentOutput(input)).script, satoshis);
}

void TestPayment::addPayees(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    psbt.tx.outputs.push_back({amount(1'000), payeeScript()});
    psbt.outputs.emplace_back();
  }
}

void TestPayment::setFee(std::int64_t satoshis) {
  psbt.tx.outputs[1].value = amount(0);
  std::int64_t rest = -satoshis;
  for (const auto& output : psbt.tx.outputs) rest -= output.value.satoshis();
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i)
    rest += psbt.spentOutput(i)->value.satoshis();
  psbt.tx.outputs[1].value = amount(rest);
}

}  // namespace sallyport::vault
