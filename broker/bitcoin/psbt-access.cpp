// Typed access to the fields of PSBT inputs and outputs. Their form was checked when they were
// read.
#include <algorithm>

#include "broker/bitcoin/psbt-fields.h"
#include "broker/bitcoin/psbt.h"
#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

using namespace psbt;

Bytes keyOf(std::uint8_t type, ByteView data = {}) {
  Bytes out{type};
  append(out, data);
  return out;
}

std::optional<Bytes> field(const PsbtMap& map, std::uint8_t type) {
  auto found = map.find(Bytes{type});
  if (found == map.end()) return std::nullopt;
  return found->second;
}

std::vector<KeyDerivation> derivationsIn(const PsbtMap& map, std::uint8_t type) {
  std::vector<KeyDerivation> out;
  for (auto at = map.lower_bound(Bytes{type}); at != map.end() && at->first[0] == type; ++at) {
    KeyDerivation derivation;
    if (at->first.size() != 1 + derivation.key.size()) continue;
    std::copy(at->first.begin() + 1, at->first.end(), derivation.key.begin());
    derivation.origin = readOrigin(at->second);
    out.push_back(std::move(derivation));
  }
  return out;
}

}  // namespace

std::optional<Transaction> PsbtInput::previousTransaction() const {
  auto bytes = field(fields, IN_NON_WITNESS_UTXO);
  if (!bytes) return std::nullopt;
  auto tx = Transaction::parse(*bytes);
  return tx ? std::optional(std::move(*tx)) : std::nullopt;
}

void PsbtInput::setPreviousTransaction(const Transaction& transaction) {
  fields[keyOf(IN_NON_WITNESS_UTXO)] = transaction.serialize();
}

std::optional<TxOut> PsbtInput::witnessUtxo() const {
  auto bytes = field(fields, IN_WITNESS_UTXO);
  if (!bytes) return std::nullopt;
  auto output = parseOutput(*bytes);
  return output ? std::optional(std::move(*output)) : std::nullopt;
}

void PsbtInput::setWitnessUtxo(const TxOut& output) {
  Bytes value;
  writeU64(value, static_cast<std::uint64_t>(output.value.satoshis()));
  writeSized(value, output.script);
  fields[keyOf(IN_WITNESS_UTXO)] = std::move(value);
}

std::optional<std::uint32_t> PsbtInput::sighashType() const {
  auto bytes = field(fields, IN_SIGHASH_TYPE);
  if (!bytes) return std::nullopt;
  return *Reader(*bytes).u32();
}

void PsbtInput::setSighashType(std::uint32_t type) {
  Bytes value;
  writeU32(value, type);
  fields[keyOf(IN_SIGHASH_TYPE)] = std::move(value);
}

std::optional<Bytes> PsbtInput::redeemScript() const { return field(fields, IN_REDEEM_SCRIPT); }

void PsbtInput::setRedeemScript(ByteView script) {
  fields[keyOf(IN_REDEEM_SCRIPT)] = toBytes(script);
}

std::vector<KeyDerivation> PsbtInput::derivations() const {
  return derivationsIn(fields, IN_BIP32_DERIVATION);
}

void PsbtInput::addDerivation(const KeyDerivation& derivation) {
  fields[keyOf(IN_BIP32_DERIVATION, derivation.key)] = writeOrigin(derivation.origin);
}

std::optional<Bytes> PsbtInput::partialSignature(const PublicKey& key) const {
  auto found = fields.find(keyOf(IN_PARTIAL_SIG, key));
  if (found == fields.end()) return std::nullopt;
  return found->second;
}

void PsbtInput::addPartialSignature(const PublicKey& key, ByteView signature) {
  fields[keyOf(IN_PARTIAL_SIG, key)] = toBytes(signature);
}

std::size_t PsbtInput::partialSignatureCount() const {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [](const auto& entry) {
        return entry.first[0] == IN_PARTIAL_SIG;
      }));
}

bool PsbtInput::isFinal() const {
  return fields.contains(Bytes{IN_FINAL_SCRIPTSIG}) || fields.contains(Bytes{IN_FINAL_WITNESS});
}

void PsbtInput::setFinal(ByteView scriptSig, const std::vector<Bytes>& witness) {
  if (!scriptSig.empty()) fields[keyOf(IN_FINAL_SCRIPTSIG)] = toBytes(scriptSig);
  if (!witness.empty()) fields[keyOf(IN_FINAL_WITNESS)] = writeWitness(witness);
}

Bytes PsbtInput::finalScriptSig() const {
  return field(fields, IN_FINAL_SCRIPTSIG).value_or(Bytes{});
}

std::vector<Bytes> PsbtInput::finalWitness() const {
  auto bytes = field(fields, IN_FINAL_WITNESS);
  if (!bytes) return {};
  auto witness = parseWitness(*bytes);
  return witness ? std::move(*witness) : std::vector<Bytes>{};
}

std::vector<KeyDerivation> PsbtOutput::derivations() const {
  return derivationsIn(fields, OUT_BIP32_DERIVATION);
}

void PsbtOutput::addDerivation(const KeyDerivation& derivation) {
  fields[keyOf(OUT_BIP32_DERIVATION, derivation.key)] = writeOrigin(derivation.origin);
}

}  // namespace sallyport::bitcoin
