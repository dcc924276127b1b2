// The few templates, each with the strictness of today's policy (strict DER, low S, compressed keys
// in segwit).
#include "broker/bitcoin/keys/verify-input.h"

#include <algorithm>

#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/schnorr.h"
#include "broker/bitcoin/script.h"

namespace sallyport::bitcoin::keys {
namespace {

struct Spend {
  const Context& context;
  const Transaction& tx;
  std::size_t input;
  std::span<const TxOut> spent;

  const TxIn& in() const { return tx.inputs[input]; }
  const TxOut& output() const { return spent[input]; }
};

bool isDefinedType(std::uint8_t type) {
  auto kind = type & ~SIGHASH_ANYONECANPAY;
  return kind >= SIGHASH_ALL && kind <= SIGHASH_SINGLE;
}

Result<void> verdict(bool good) {
  if (!good) return Error::BAD_SIGNATURE;
  return {};
}

bool hashesTo(ByteView key, ByteView keyHash) {
  auto hash = hash160(key);
  return std::equal(hash.begin(), hash.end(), keyHash.begin(), keyHash.end());
}

// DER and type byte, and the key, as both template kinds have them.
bool signatureIsGood(
    const Spend& spend, ByteView signature, ByteView key, ByteView keyHash, bool segwit) {
  if (signature.empty() || !isDefinedType(signature.back()) || !hashesTo(key, keyHash))
    return false;
  Digest20 hash;
  std::copy(keyHash.begin(), keyHash.end(), hash.begin());
  auto code = p2pkhScript(hash);
  auto type = signature.back();
  auto digest = segwit ? segwitSighash(spend.tx, spend.input, code, spend.output().value, type)
                       : legacySighash(spend.tx, spend.input, code, type);
  return digest && verifyEcdsa(spend.context, key, *digest, signature.first(signature.size() - 1));
}

Result<void> verifyP2pkh(const Spend& spend) {
  auto pushes = pushesOf(spend.in().scriptSig);
  if (!pushes || pushes->size() != 2 || !spend.in().witness.empty()) return Error::BAD_SIGNATURE;
  auto keyHash = ByteView(spend.output().script).subspan(3, 20);
  return verdict(signatureIsGood(spend, (*pushes)[0], (*pushes)[1], keyHash, false));
}

Result<void> verifyP2wpkh(const Spend& spend, ByteView program) {
  const auto& witness = spend.in().witness;
  if (witness.size() != 2 || witness[1].size() != 33) return Error::BAD_SIGNATURE;
  return verdict(signatureIsGood(spend, witness[0], witness[1], program, true));
}

Result<void> verifyP2tr(const Spend& spend) {
  const auto& witness = spend.in().witness;
  if (!spend.in().scriptSig.empty() || witness.empty()) return Error::BAD_SIGNATURE;
  if (witness.size() != 1) return Error::NOT_SUPPORTED;  // a script path or an annex
  ByteView signature(witness[0]);
  std::uint8_t type = SIGHASH_DEFAULT;
  if (signature.size() == 65) {
    type = signature.back();
    if (type == SIGHASH_DEFAULT) return Error::BAD_SIGNATURE;
    signature = signature.first(64);
  }
  if (signature.size() != 64) return Error::BAD_SIGNATURE;
  auto digest = taprootSighash(spend.tx, spend.input, spend.spent, type);
  if (!digest) return Error::BAD_SIGNATURE;
  auto key = ByteView(spend.output().script).subspan<2, 32>();
  return verdict(verifySchnorr(spend.context, key, *digest, signature.first<64>()));
}

}  // namespace

Result<void> verifyInput(const Context& context,
                         const Transaction& tx,
                         std::size_t input,
                         std::span<const TxOut> spent) {
  if (input >= tx.inputs.size() || spent.size() != tx.inputs.size()) return Error::BAD_INDEX;
  Spend spend{context, tx, input, spent};
  const auto& script = spend.output().script;
  switch (classify(script)) {
    case ScriptType::P2PKH:
      return verifyP2pkh(spend);
    case ScriptType::P2WPKH:
      if (!spend.in().scriptSig.empty()) return Error::BAD_SIGNATURE;
      return verifyP2wpkh(spend, ByteView(script).subspan(2));
    case ScriptType::P2SH: {
      auto pushes = pushesOf(spend.in().scriptSig);
      if (!pushes || pushes->size() != 1) return Error::NOT_SUPPORTED;
      const auto& redeem = pushes->front();
      if (p2shScript(hash160(redeem)) != script) return Error::BAD_SIGNATURE;
      Bytes onlyPush;
      pushData(onlyPush, redeem);
      if (classify(redeem) != ScriptType::P2WPKH || onlyPush != spend.in().scriptSig)
        return Error::NOT_SUPPORTED;
      return verifyP2wpkh(spend, ByteView(redeem).subspan(2));
    }
    case ScriptType::P2TR:
      return verifyP2tr(spend);
    default:
      return Error::NOT_SUPPORTED;
  }
}

}  // namespace sallyport::bitcoin::keys
