// Reading and writing of PSBTs, typed access to their fields, and the roles that need no key:
// create, combine, finalise, extract.
#include "broker/bitcoin/psbt.h"

#include <algorithm>

#include "broker/bitcoin/psbt-fields.h"
#include "broker/bitcoin/script.h"
#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

using namespace psbt;

constexpr std::array<std::uint8_t, 5> MAGIC = {'p', 's', 'b', 't', 0xff};

using FieldCheck = Result<void> (*)(const Bytes& key, const Bytes& value);

Result<PsbtMap> readMap(Reader& reader, FieldCheck check) {
  PsbtMap out;
  while (true) {
    auto key = reader.sized(MAX_PSBT_BYTES);
    if (!key) return key.error();
    if (key->empty()) return out;
    auto value = reader.sized(MAX_PSBT_BYTES);
    if (!value) return value.error();
    if (auto ok = check(*key, *value); !ok) return ok.error();
    if (!out.emplace(std::move(*key), std::move(*value)).second) return Error::DUPLICATE_KEY;
  }
}

void writeMap(Bytes& out, const PsbtMap& map) {
  for (const auto& [key, value] : map) {
    writeSized(out, key);
    writeSized(out, value);
  }
  out.push_back(0);
}

bool isUnsigned(const Transaction& tx) {
  return std::all_of(tx.inputs.begin(), tx.inputs.end(), [](const TxIn& in) {
    return in.scriptSig.empty() && in.witness.empty();
  });
}

Result<void> checkGlobalOrTransaction(const Bytes& key, const Bytes& value) {
  if (key[0] != GLOBAL_UNSIGNED_TX) return checkGlobal(key, value);
  if (key.size() != 1) return Error::BAD_PSBT;
  return {};
}

// What a finished input needs: scriptSig and witness. NOT_SIGNED, NOT_SUPPORTED.
struct Finished {
  Bytes scriptSig;
  std::vector<Bytes> witness;
};

Result<Finished> finish(const PsbtInput& input, const TxOut& spent) {
  auto script = spent.script;
  Finished out;
  if (classify(script) == ScriptType::P2SH) {
    auto redeem = input.redeemScript();
    if (!redeem) return Error::NOT_SIGNED;
    if (p2shScript(hash160(*redeem)) != script) return Error::UTXO_MISMATCH;
    if (classify(*redeem) != ScriptType::P2WPKH) return Error::NOT_SUPPORTED;
    pushData(out.scriptSig, *redeem);
    script = *redeem;
  }
  auto type = classify(script);
  if (type != ScriptType::P2WPKH && type != ScriptType::P2PKH) return Error::NOT_SUPPORTED;
  auto wanted = ByteView(script).subspan(type == ScriptType::P2WPKH ? 2 : 3, 20);
  for (const auto& [key, signature] : input.fields) {
    if (key[0] != IN_PARTIAL_SIG) continue;
    auto publicKey = ByteView(key).subspan(1);
    auto hash = hash160(publicKey);
    if (!std::equal(hash.begin(), hash.end(), wanted.begin())) continue;
    if (type == ScriptType::P2WPKH) {
      out.witness = {signature, toBytes(publicKey)};
    } else {
      pushData(out.scriptSig, signature);
      pushData(out.scriptSig, publicKey);
    }
    return out;
  }
  return Error::NOT_SIGNED;
}

}  // namespace

Result<Psbt> Psbt::create(Transaction unsignedTransaction) {
  if (!isUnsigned(unsignedTransaction)) return Error::BAD_PSBT;
  Psbt out;
  out.inputs.resize(unsignedTransaction.inputs.size());
  out.outputs.resize(unsignedTransaction.outputs.size());
  out.tx = std::move(unsignedTransaction);
  return out;
}

Result<Psbt> Psbt::parse(ByteView bytes) {
  if (bytes.size() > MAX_PSBT_BYTES) return Error::TOO_LARGE;
  Reader reader(bytes);
  auto magic = reader.take(MAGIC.size());
  if (!magic || !std::equal(MAGIC.begin(), MAGIC.end(), magic->begin())) return Error::BAD_PSBT;
  auto globals = readMap(reader, checkGlobalOrTransaction);
  if (!globals) return globals.error();
  auto raw = globals->extract(Bytes{GLOBAL_UNSIGNED_TX});
  if (raw.empty()) return Error::BAD_PSBT;
  auto tx = Transaction::parse(raw.mapped(), Encoding::BASE);
  if (!tx) return tx.error();
  auto out = create(std::move(*tx));
  if (!out) return out.error();
  out->globals = std::move(*globals);
  for (auto& input : out->inputs) {
    auto map = readMap(reader, checkInput);
    if (!map) return map.error();
    input.fields = std::move(*map);
  }
  for (auto& output : out->outputs) {
    auto map = readMap(reader, checkOutput);
    if (!map) return map.error();
    output.fields = std::move(*map);
  }
  if (!reader.atEnd()) return Error::TRAILING_DATA;
  return out;
}

Bytes Psbt::serialize() const {
  Bytes out = toBytes(MAGIC);
  auto all = globals;
  all[Bytes{GLOBAL_UNSIGNED_TX}] = tx.serialize(Encoding::BASE);
  writeMap(out, all);
  for (const auto& input : inputs) writeMap(out, input.fields);
  for (const auto& output : outputs) writeMap(out, output.fields);
  return out;
}

Result<TxOut> Psbt::spentOutput(std::size_t index) const {
  if (index >= inputs.size()) return Error::BAD_INDEX;
  const auto& outpoint = tx.inputs[index].previous;
  auto claimed = inputs[index].witnessUtxo();
  if (auto previous = inputs[index].previousTransaction()) {
    if (previous->txid() != outpoint.txid || outpoint.index >= previous->outputs.size())
      return Error::UTXO_MISMATCH;
    const auto& output = previous->outputs[outpoint.index];
    if (claimed && *claimed != output) return Error::UTXO_MISMATCH;
    return output;
  }
  if (!claimed) return Error::MISSING_UTXO;
  return *claimed;
}

Result<Amount> Psbt::fee() const {
  Amount in;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto spent = spentOutput(i);
    if (!spent) return spent.error();
    auto sum = in.plus(spent->value);
    if (!sum) return sum.error();
    in = *sum;
  }
  auto out = tx.outputTotal();
  if (!out) return out.error();
  return in.minus(*out);
}

Result<Psbt> Psbt::combine(std::span<const Psbt> parts) {
  if (parts.empty()) return Error::BAD_PSBT;
  Psbt out = parts.front();
  for (const auto& part : parts.subspan(1)) {
    if (part.tx != out.tx) return Error::DIFFERENT_PSBT;
    out.globals.insert(part.globals.begin(), part.globals.end());
    for (std::size_t i = 0; i < out.inputs.size(); ++i)
      out.inputs[i].fields.insert(part.inputs[i].fields.begin(), part.inputs[i].fields.end());
    for (std::size_t i = 0; i < out.outputs.size(); ++i)
      out.outputs[i].fields.insert(part.outputs[i].fields.begin(), part.outputs[i].fields.end());
  }
  return out;
}

Result<void> Psbt::finalize() {
  auto finals = inputs;
  for (std::size_t i = 0; i < finals.size(); ++i) {
    auto& input = finals[i];
    if (input.isFinal()) continue;
    auto spent = spentOutput(i);
    if (!spent) return spent.error();
    auto finished = finish(input, *spent);
    if (!finished) return finished.error();
    std::erase_if(input.fields, [](const auto& entry) {
      return entry.first[0] >= IN_PARTIAL_SIG && entry.first[0] <= IN_BIP32_DERIVATION;
    });
    input.setFinal(finished->scriptSig, finished->witness);
  }
  inputs = std::move(finals);
  return {};
}

Result<Transaction> Psbt::extract() const {
  Transaction out = tx;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].isFinal()) return Error::NOT_SIGNED;
    out.inputs[i].scriptSig = inputs[i].finalScriptSig();
    out.inputs[i].witness = inputs[i].finalWitness();
  }
  return out;
}

}  // namespace sallyport::bitcoin
