// BIP144 encoding, with every count bounded by the bytes that are left.
#include "broker/bitcoin/transaction.h"

#include <algorithm>
#include <set>

#include "broker/bitcoin/hash.h"
#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::size_t LEAST_INPUT = 41;
constexpr std::size_t LEAST_OUTPUT = 9;

Result<TxIn> readInput(Reader& reader) {
  TxIn in;
  auto hash = reader.take(32);
  if (!hash) return hash.error();
  std::copy(hash->begin(), hash->end(), in.previous.txid.bytes.begin());
  auto index = reader.u32();
  if (!index) return index.error();
  in.previous.index = *index;
  auto script = reader.sized(MAX_TRANSACTION_BYTES);
  if (!script) return script.error();
  in.scriptSig = std::move(*script);
  auto sequence = reader.u32();
  if (!sequence) return sequence.error();
  in.sequence = *sequence;
  return in;
}

Result<TxOut> readOutput(Reader& reader) {
  TxOut out;
  auto raw = reader.u64();
  if (!raw) return raw.error();
  auto value = Amount::of(static_cast<std::int64_t>(*raw));
  if (!value) return value.error();
  out.value = *value;
  auto script = reader.sized(MAX_TRANSACTION_BYTES);
  if (!script) return script.error();
  out.script = std::move(*script);
  return out;
}

Result<void> readInputs(Reader& reader, std::size_t count, std::vector<TxIn>& inputs) {
  if (count > reader.remaining() / LEAST_INPUT) return Error::TRUNCATED;
  inputs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto in = readInput(reader);
    if (!in) return in.error();
    inputs.push_back(std::move(*in));
  }
  return {};
}

Result<void> readOutputs(Reader& reader, std::vector<TxOut>& outputs) {
  auto count = reader.count(LEAST_OUTPUT);
  if (!count) return count.error();
  outputs.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) {
    auto out = readOutput(reader);
    if (!out) return out.error();
    outputs.push_back(std::move(*out));
  }
  return {};
}

Result<void> readWitnesses(Reader& reader, std::vector<TxIn>& inputs) {
  bool any = false;
  for (auto& in : inputs) {
    auto items = reader.count(1);
    if (!items) return items.error();
    for (std::size_t i = 0; i < *items; ++i) {
      auto item = reader.sized(MAX_TRANSACTION_BYTES);
      if (!item) return item.error();
      in.witness.push_back(std::move(*item));
    }
    any = any || *items > 0;
  }
  // The longer form is only for transactions that need it.
  if (!any) return Error::NON_CANONICAL;
  return {};
}

void writeOutputs(Bytes& out, const std::vector<TxOut>& outputs) {
  writeCompactSize(out, outputs.size());
  for (const auto& o : outputs) {
    writeU64(out, static_cast<std::uint64_t>(o.value.satoshis()));
    writeSized(out, o.script);
  }
}

}  // namespace

Result<Transaction> readTransaction(Reader& reader, Encoding encoding) {
  Transaction tx;
  auto version = reader.u32();
  if (!version) return version.error();
  tx.version = static_cast<std::int32_t>(*version);
  auto inputs = reader.compactSize();
  if (!inputs) return inputs.error();
  bool witness = encoding == Encoding::WITNESS && *inputs == 0;
  if (witness) {
    auto flag = reader.u8();
    if (!flag) return flag.error();
    if (*flag != 1) return Error::BAD_TRANSACTION;
    inputs = reader.compactSize();
    if (!inputs) return inputs.error();
  }
  if (auto done = readInputs(reader, static_cast<std::size_t>(*inputs), tx.inputs); !done)
    return done.error();
  if (auto done = readOutputs(reader, tx.outputs); !done) return done.error();
  if (witness)
    if (auto done = readWitnesses(reader, tx.inputs); !done) return done.error();
  auto lockTime = reader.u32();
  if (!lockTime) return lockTime.error();
  tx.lockTime = *lockTime;
  return tx;
}

Result<Transaction> Transaction::parse(ByteView bytes, Encoding encoding) {
  if (bytes.size() > MAX_TRANSACTION_BYTES) return Error::TOO_LARGE;
  Reader reader(bytes);
  auto tx = readTransaction(reader, encoding);
  if (tx && !reader.atEnd()) return Error::TRAILING_DATA;
  return tx;
}

bool Transaction::hasWitness() const {
  return std::any_of(
      inputs.begin(), inputs.end(), [](const TxIn& in) { return !in.witness.empty(); });
}

Bytes Transaction::serialize(Encoding encoding) const {
  bool witness = encoding == Encoding::WITNESS && hasWitness();
  Bytes out;
  writeU32(out, static_cast<std::uint32_t>(version));
  if (witness) {
    out.push_back(0);
    out.push_back(1);
  }
  writeCompactSize(out, inputs.size());
  for (const auto& in : inputs) {
    append(out, in.previous.txid.bytes);
    writeU32(out, in.previous.index);
    writeSized(out, in.scriptSig);
    writeU32(out, in.sequence);
  }
  writeOutputs(out, outputs);
  if (witness) {
    for (const auto& in : inputs) {
      writeCompactSize(out, in.witness.size());
      for (const auto& item : in.witness) writeSized(out, item);
    }
  }
  writeU32(out, lockTime);
  return out;
}

Txid Transaction::txid() const { return {sha256d(serialize(Encoding::BASE))}; }

Wtxid Transaction::wtxid() const { return {sha256d(serialize(Encoding::WITNESS))}; }

std::size_t Transaction::baseSize() const { return serialize(Encoding::BASE).size(); }

std::size_t Transaction::totalSize() const { return serialize(Encoding::WITNESS).size(); }

Result<Amount> Transaction::outputTotal() const {
  Amount total;
  for (const auto& out : outputs) {
    auto sum = total.plus(out.value);
    if (!sum) return sum.error();
    total = *sum;
  }
  return total;
}

Result<void> checkTransaction(const Transaction& tx) {
  if (tx.inputs.empty() || tx.outputs.empty()) return Error::BAD_TRANSACTION;
  if (tx.baseSize() * 4 > MAX_TRANSACTION_BYTES) return Error::TOO_LARGE;
  if (auto total = tx.outputTotal(); !total) return total.error();
  std::set<OutPoint> spent;
  for (const auto& in : tx.inputs)
    if (!spent.insert(in.previous).second) return Error::BAD_TRANSACTION;
  if (tx.isCoinbase()) {
    auto size = tx.inputs[0].scriptSig.size();
    if (size < 2 || size > 100) return Error::BAD_TRANSACTION;
  } else {
    for (const auto& in : tx.inputs)
      if (in.previous.isNull()) return Error::BAD_TRANSACTION;
  }
  return {};
}

}  // namespace sallyport::bitcoin
