// The three digest algorithms, written after the BIPs' own order of fields.
#include "broker/bitcoin/sighash.h"

#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::uint8_t OP_CODESEPARATOR = 0xab;
constexpr std::uint32_t OUTPUT_MASK = 0x1f;

// The legacy digest leaves out OP_CODESEPARATOR wherever it is an opcode, up to the first broken
// push.
Bytes withoutCodeSeparators(ByteView script) {
  Bytes out;
  std::size_t at = 0;
  while (at < script.size()) {
    auto op = script[at];
    std::size_t size = 1;
    if (op < 0x4c) {
      size += op;
    } else if (op <= 0x4e) {
      std::size_t width = std::size_t{1} << (op - 0x4c);
      if (script.size() - at - 1 < width) break;
      std::size_t length = 0;
      for (std::size_t i = 0; i < width; ++i)
        length |= static_cast<std::size_t>(script[at + 1 + i]) << 8 * i;
      size += width + length;
    }
    if (size > script.size() - at) break;
    if (op != OP_CODESEPARATOR) append(out, script.subspan(at, size));
    at += size;
  }
  append(out, script.subspan(at));
  return out;
}

void writeOutPoint(Bytes& out, const OutPoint& point) {
  append(out, point.txid.bytes);
  writeU32(out, point.index);
}

void writeOutput(Bytes& out, const TxOut& output) {
  writeU64(out, static_cast<std::uint64_t>(output.value.satoshis()));
  writeSized(out, output.script);
}

Bytes allPrevouts(const Transaction& tx) {
  Bytes out;
  for (const auto& in : tx.inputs) writeOutPoint(out, in.previous);
  return out;
}

Bytes allSequences(const Transaction& tx) {
  Bytes out;
  for (const auto& in : tx.inputs) writeU32(out, in.sequence);
  return out;
}

Bytes allOutputs(const Transaction& tx) {
  Bytes out;
  for (const auto& o : tx.outputs) writeOutput(out, o);
  return out;
}

Bytes oneOutput(const Transaction& tx, std::size_t index) {
  Bytes out;
  writeOutput(out, tx.outputs[index]);
  return out;
}

void writeLegacyInputs(
    Bytes& out, const Transaction& tx, std::size_t input, ByteView script, std::uint32_t hashType) {
  bool alone = (hashType & SIGHASH_ANYONECANPAY) != 0;
  auto kind = hashType & OUTPUT_MASK;
  writeCompactSize(out, alone ? 1 : tx.inputs.size());
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    if (alone && i != input) continue;
    writeOutPoint(out, tx.inputs[i].previous);
    writeSized(out, i == input ? script : ByteView{});
    bool others = i != input && (kind == SIGHASH_NONE || kind == SIGHASH_SINGLE);
    writeU32(out, others ? 0 : tx.inputs[i].sequence);
  }
}

}  // namespace

Result<Digest32> legacySighash(const Transaction& tx,
                               std::size_t input,
                               ByteView scriptCode,
                               std::uint32_t hashType) {
  if (input >= tx.inputs.size()) return Error::BAD_INDEX;
  auto kind = hashType & OUTPUT_MASK;
  if (kind == SIGHASH_SINGLE && input >= tx.outputs.size()) {
    // Consensus signs the number one here, since the first release.
    Digest32 one{};
    one[0] = 1;
    return one;
  }
  Bytes out;
  writeU32(out, static_cast<std::uint32_t>(tx.version));
  writeLegacyInputs(out, tx, input, withoutCodeSeparators(scriptCode), hashType);
  if (kind == SIGHASH_NONE) {
    writeCompactSize(out, 0);
  } else if (kind == SIGHASH_SINGLE) {
    writeCompactSize(out, input + 1);
    for (std::size_t i = 0; i < input; ++i) {
      writeU64(out, 0xffffffffffffffff);  // an output that is not there: value -1, empty script
      writeCompactSize(out, 0);
    }
    writeOutput(out, tx.outputs[input]);
  } else {
    writeCompactSize(out, tx.outputs.size());
    append(out, allOutputs(tx));
  }
  writeU32(out, tx.lockTime);
  writeU32(out, hashType);
  return sha256d(out);
}

Result<Digest32> segwitSighash(const Transaction& tx,
                               std::size_t input,
                               ByteView scriptCode,
                               Amount amount,
                               std::uint32_t hashType) {
  if (input >= tx.inputs.size()) return Error::BAD_INDEX;
  bool alone = (hashType & SIGHASH_ANYONECANPAY) != 0;
  auto kind = hashType & OUTPUT_MASK;
  bool all = kind != SIGHASH_NONE && kind != SIGHASH_SINGLE;
  Digest32 outputs{};
  if (all) outputs = sha256d(allOutputs(tx));
  if (kind == SIGHASH_SINGLE && input < tx.outputs.size()) outputs = sha256d(oneOutput(tx, input));
  Bytes out;
  writeU32(out, static_cast<std::uint32_t>(tx.version));
  append(out, alone ? Digest32{} : sha256d(allPrevouts(tx)));
  append(out, alone || !all ? Digest32{} : sha256d(allSequences(tx)));
  writeOutPoint(out, tx.inputs[input].previous);
  writeSized(out, scriptCode);
  writeU64(out, static_cast<std::uint64_t>(amount.satoshis()));
  writeU32(out, tx.inputs[input].sequence);
  append(out, outputs);
  writeU32(out, tx.lockTime);
  writeU32(out, hashType);
  return sha256d(out);
}

Result<Digest32> taprootSighash(const Transaction& tx,
                                std::size_t input,
                                std::span<const TxOut> spent,
                                std::uint8_t hashType) {
  if (input >= tx.inputs.size() || spent.size() != tx.inputs.size()) return Error::BAD_INDEX;
  bool alone = (hashType & SIGHASH_ANYONECANPAY) != 0;
  auto kind = hashType & 3;
  if (hashType > SIGHASH_SINGLE && (hashType < 0x81 || hashType > 0x83))
    return Error::UNKNOWN_SIGHASH;
  if (kind == SIGHASH_SINGLE && input >= tx.outputs.size()) return Error::BAD_INDEX;
  Bytes out{0, hashType};  // epoch, type
  writeU32(out, static_cast<std::uint32_t>(tx.version));
  writeU32(out, tx.lockTime);
  if (!alone) {
    Bytes amounts;
    Bytes scripts;
    for (const auto& o : spent) {
      writeU64(amounts, static_cast<std::uint64_t>(o.value.satoshis()));
      writeSized(scripts, o.script);
    }
    append(out, sha256(allPrevouts(tx)));
    append(out, sha256(amounts));
    append(out, sha256(scripts));
    append(out, sha256(allSequences(tx)));
  }
  if (kind != SIGHASH_NONE && kind != SIGHASH_SINGLE) append(out, sha256(allOutputs(tx)));
  out.push_back(0);  // spend type: key path, no annex
  if (alone) {
    writeOutPoint(out, tx.inputs[input].previous);
    writeOutput(out, spent[input]);
    writeU32(out, tx.inputs[input].sequence);
  } else {
    writeU32(out, static_cast<std::uint32_t>(input));
  }
  if (kind == SIGHASH_SINGLE) append(out, sha256(oneOutput(tx, input)));
  return taggedHash("TapSighash", out);
}

}  // namespace sallyport::bitcoin
