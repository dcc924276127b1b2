#include "broker/vault/signer.h"

#include <kj/debug.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/private-node.h"
#include "broker/bitcoin/psbt.h"
#include "broker/bitcoin/sighash.h"
#include "broker/vault/keychain.h"

namespace sallyport::vault {
namespace {

namespace keys = bitcoin::keys;
using bitcoin::Psbt;
using proto::SignRefusal;

constexpr std::uint32_t RECEIVE_CHAIN = 0;
constexpr std::uint32_t CHANGE_CHAIN = 1;
// More than a person would read.
constexpr std::size_t MAX_OUTPUTS = 256;
// Witness of a P2WPKH input: a count, a signature of at most 72 bytes, a key; two lengths.
constexpr std::size_t INPUT_WITNESS_BYTES = 1 + 1 + 72 + 1 + 33;

std::string_view nameOf(proto::Network network) {
  return bitcoin::parametersOf(networkOf(network)).name;
}

// One who asks: is this key at this origin a key of the account, and does it make this script?
class AccountProof {
 public:
  explicit AccountProof(const Wallet& wallet)
      : m_fingerprint(wallet.masterFingerprint), m_path(accountPath(wallet.network)) {
    auto account = bitcoin::ExtendedPublicKey::parse(wallet.accountXpub, networkOf(wallet.network));
    KJ_REQUIRE(account.has_value(), "a stored account key is damaged");
    m_account = *account;
  }

  bool claims(const bitcoin::KeyDerivation& derivation) const {
    return derivation.origin.fingerprint == m_fingerprint;
  }

  // The chain and index when the claim is true.
  std::optional<SigningKey> prove(const bitcoin::KeyDerivation& derivation,
                                  const Bytes& script) const {
    const auto& path = derivation.origin.path;
    if (!claims(derivation) || path.size() != m_path.size() + 2 ||
        !std::equal(m_path.begin(), m_path.end(), path.begin())) {
      return std::nullopt;
    }
    const SigningKey key{path[m_path.size()], path[m_path.size() + 1]};
    if (key.chain > CHANGE_CHAIN || key.index >= bitcoin::HARDENED_BIT) return std::nullopt;
    const auto derived = m_account.derive({key.chain, key.index});
    if (!derived || derived->key != derivation.key || derived->p2wpkhScript() != script) {
      return std::nullopt;
    }
    return key;
  }

 private:
  bitcoin::Fingerprint m_fingerprint;
  bitcoin::Path m_path;
  bitcoin::ExtendedPublicKey m_account;
};

boost::system::result<SigningKey, SignStop> readInput(const AccountProof& account,
                                                      const Psbt& psbt,
                                                      std::size_t index) {
  const auto& input = psbt.inputs[index];
  if (input.isFinal() || input.partialSignatureCount() > 0) {
    return SignStop(SignRefusal::ALREADY_SIGNED);
  }
  if (input.sighashType().value_or(bitcoin::SIGHASH_ALL) != bitcoin::SIGHASH_ALL) {
    return SignStop(SignRefusal::UNKNOWN_SIGHASH);
  }
  // A segwit v0 signature commits to one amount only: the full previous transactions are what keeps
  // a lie about another input's amount from becoming a fee.
  if (!input.previousTransaction()) return SignStop(SignRefusal::MISSING_PREVIOUS_TRANSACTION);
  const auto spent = psbt.spentOutput(index);
  if (!spent) return SignStop(SignRefusal::PREVIOUS_TRANSACTION_MISMATCH);
  if (input.redeemScript()) return SignStop(SignRefusal::NOT_OUR_FORMAT);
  for (const auto& derivation : input.derivations()) {
    if (const auto key = account.prove(derivation, spent->script)) return *key;
  }
  return SignStop(SignRefusal::FOREIGN_INPUT);
}

// Adds the output to the summary; a stop when it lies or cannot be shown.
std::optional<SignStop> readOutput(const AccountProof& account,
                                   const Psbt& psbt,
                                   std::size_t index,
                                   proto::Network network,
                                   Summary& summary) {
  const auto& output = psbt.tx.outputs[index];
  const auto amount = static_cast<std::uint64_t>(output.value.satoshis());
  std::optional<SigningKey> own;
  for (const auto& derivation : psbt.outputs[index].derivations()) {
    if (!account.claims(derivation)) continue;
    own = account.prove(derivation, output.script);
    if (!own) return SignStop(SignRefusal::FALSE_CHANGE);
  }
  if (own && own->chain == CHANGE_CHAIN) {
    summary.changeSat += amount;
    return std::nullopt;
  }
  const auto address = bitcoin::encodeAddress(output.script, networkOf(network));
  if (!address) return SignStop(SignRefusal::NOT_OUR_FORMAT);
  summary.payments.push_back({*address, amount, own && own->chain == RECEIVE_CHAIN});
  return std::nullopt;
}

std::size_t signedVsize(const bitcoin::Transaction& unsignedTransaction) {
  const std::size_t weight = unsignedTransaction.baseSize() * 4 + 2 +
                             unsignedTransaction.inputs.size() * INPUT_WITNESS_BYTES;
  return (weight + 3) / 4;
}

// Fee and totals; a stop when the sums do not hold or the fee is over a cap.
std::optional<SignStop> readFee(const Psbt& psbt, Summary& summary) {
  const auto fee = psbt.fee();
  const auto outputs = psbt.tx.outputTotal();
  if (!fee || !outputs) return SignStop(Failure::MALFORMED);
  summary.feeSat = static_cast<std::uint64_t>(fee->satoshis());
  summary.inputSat = summary.feeSat + static_cast<std::uint64_t>(outputs->satoshis());
  summary.inputs = static_cast<std::uint32_t>(psbt.tx.inputs.size());
  if (summary.feeSat > SigningRequest::MAX_FEE_SAT) return SignStop(SignRefusal::FEE_TOO_HIGH);
  summary.feeRateMilliSatPerVbyte = summary.feeSat * 1000 / signedVsize(psbt.tx);
  if (summary.feeRateMilliSatPerVbyte > SigningRequest::MAX_FEE_RATE_MILLI_SAT) {
    return SignStop(SignRefusal::FEE_TOO_HIGH);
  }
  // With nothing but change there is no amount that a fee could be small beside.
  std::uint64_t paid = 0;
  for (const auto& payment : summary.payments) paid += payment.amountSat;
  summary.typeFee = summary.feeSat > paid / SigningRequest::FEE_SHARE;
  return std::nullopt;
}

// Signs one input of a PSBT whose inputs are proven to be ours.
void signInput(const keys::Context& context, Psbt& psbt, std::size_t index, keys::NodeView node) {
  const auto secret = keys::keyOf(node);
  const auto key = keys::publicKey(context, secret);
  const auto spent = psbt.spentOutput(index);
  KJ_REQUIRE(key.has_value() && spent.has_value(), "an input that was read is gone");
  const auto keyHash = bitcoin::hash160(*key);
  KJ_REQUIRE(bitcoin::p2wpkhScript(keyHash) == spent->script, "the key is not that of the input");
  const auto digest = bitcoin::segwitSighash(
      psbt.tx, index, bitcoin::p2pkhScript(keyHash), spent->value, bitcoin::SIGHASH_ALL);
  KJ_REQUIRE(digest.has_value(), "no digest");
  std::array<std::uint8_t, 32> extra;
  randombytes_buf(extra.data(), extra.size());
  auto signature = keys::signEcdsa(context, secret, *digest, extra);
  // A wrong signature can give the key away (fault attacks), so it is verified before it is kept.
  if (!signature || !keys::verifyEcdsa(context, *key, *digest, *signature)) {
    abortVault("a signature of our own does not verify");
  }
  signature->push_back(bitcoin::SIGHASH_ALL);
  psbt.inputs[index].addPartialSignature(*key, *signature);
}

}  // namespace

boost::system::result<SigningRequest, SignStop> SigningRequest::read(const Wallet& wallet,
                                                                     Bytes bytes) {
  const auto psbt = Psbt::parse(bytes);
  if (!psbt || psbt->tx.inputs.empty() || !bitcoin::checkTransaction(psbt->tx)) {
    return SignStop(Failure::MALFORMED);
  }
  if (psbt->tx.version != 2) return SignStop(SignRefusal::NOT_OUR_FORMAT);
  if (psbt->tx.outputs.size() > MAX_OUTPUTS) return SignStop(Failure::LIMIT);
  const AccountProof account(wallet);
  SigningRequest request;
  request.m_network = wallet.network;
  request.m_summary.walletName = wallet.name;
  request.m_summary.network = nameOf(wallet.network);
  for (std::size_t i = 0; i < psbt->inputs.size(); ++i) {
    const auto key = readInput(account, *psbt, i);
    if (!key) return key.error();
    request.m_keys.push_back(*key);
  }
  for (std::size_t i = 0; i < psbt->outputs.size(); ++i) {
    if (auto stop = readOutput(account, *psbt, i, wallet.network, request.m_summary)) return *stop;
  }
  if (auto stop = readFee(*psbt, request.m_summary)) return *stop;
  request.m_digest = bitcoin::sha256(bytes);
  request.m_bytes = std::move(bytes);
  return request;
}

SignOutcome SigningRequest::sign(const Approval& approval, const SecretBuffer& entropy) && {
  const Digest held = bitcoin::sha256(m_bytes);
  if (held != approval.digest()) return SignStop(Failure::DECLINED);
  auto psbt = Psbt::parse(m_bytes);
  KJ_REQUIRE(psbt.has_value(), "bytes that were read do not parse");
  const auto context = freshContext();
  const SecretBuffer master = masterOf(context, entropy);
  SecretBuffer node(keys::NODE_BYTES);
  for (std::size_t i = 0; i < m_keys.size(); ++i) {
    auto path = accountPath(m_network);
    path.insert(path.end(), {m_keys[i].chain, m_keys[i].index});
    KJ_REQUIRE(keys::derivePath(context,
                                master.bytes().first<keys::NODE_BYTES>(),
                                path,
                                node.bytes().first<keys::NODE_BYTES>())
                   .has_value(),
               "key derivation failed");
    signInput(context, *psbt, i, node.bytes().first<keys::NODE_BYTES>());
  }
  KJ_REQUIRE(psbt->finalize().has_value(), "a signed PSBT did not become final");
  const auto transaction = psbt->extract();
  KJ_REQUIRE(transaction.has_value(), "a final PSBT gave no transaction");
  return Signed{psbt->serialize(), transaction->serialize()};
}

}  // namespace sallyport::vault
