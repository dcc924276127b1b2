// One rule a field: how long its key is, and what its value looks like (BIP174, BIP370 for what
// version 0 excludes, BIP371).
#include "broker/bitcoin/psbt-fields.h"

#include <algorithm>

#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin::psbt {
namespace {

constexpr std::size_t XPUB_KEY = 1 + 78;
constexpr std::size_t X_ONLY = 32;

Result<void> require(bool ok) {
  if (!ok) return Error::BAD_PSBT;
  return {};
}

template <typename T>
Result<void> asCheck(const Result<T>& parsed) {
  return require(parsed.has_value());
}

bool isKeyKey(const Bytes& key) {
  if (key.size() == 34) return key[1] == 2 || key[1] == 3;
  return key.size() == 66 && key[1] == 4;
}

bool isOrigin(ByteView value) { return value.size() >= 4 && value.size() % 4 == 0; }

bool isSignature(ByteView value) {
  // DER's outermost form and the hash type byte; the signature itself is checked by whoever uses
  // it.
  return value.size() >= 9 && value.size() <= 73 && value[0] == 0x30 &&
         value[1] + 3U == value.size();
}

bool isSchnorr(ByteView value) { return value.size() == 64 || value.size() == 65; }

bool isTaprootOrigin(ByteView value) {
  Reader reader(value);
  auto leaves = reader.count(32);
  if (!leaves) return false;
  return isOrigin(value.last(reader.remaining()).subspan(*leaves * 32));
}

bool isTapTree(ByteView value) {
  Reader reader(value);
  if (reader.atEnd()) return false;
  while (!reader.atEnd()) {
    auto depth = reader.u8();
    auto version = reader.u8();
    auto script = reader.sized(MAX_PSBT_BYTES);
    if (!depth || !version || !script || *depth > 128 || (*version & 1) != 0) return false;
  }
  return true;
}

Result<void> checkTaprootInput(const Bytes& key, const Bytes& value) {
  switch (key[0]) {
    case 0x13:
      return require(key.size() == 1 && isSchnorr(value));
    case 0x14:
      return require(key.size() == 65 && isSchnorr(value));
    case 0x15:
      return require(key.size() >= 34 && (key.size() - 34) % 32 == 0 && !value.empty());
    case 0x16:
      return require(key.size() == 1 + X_ONLY && isTaprootOrigin(value));
    case 0x17:
    case 0x18:
      return require(key.size() == 1 && value.size() == X_ONLY);
    default:
      return {};
  }
}

}  // namespace

Result<void> checkGlobal(const Bytes& key, const Bytes& value) {
  switch (key[0]) {
    case GLOBAL_XPUB:
      return require(key.size() == XPUB_KEY && isOrigin(value));
    case 0x02:  // these belong to version 2 (BIP370)
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06:
      return Error::NOT_SUPPORTED;
    case GLOBAL_VERSION:
      if (key.size() != 1 || value.size() != 4) return Error::BAD_PSBT;
      if (value != Bytes{0, 0, 0, 0}) return Error::NOT_SUPPORTED;
      return {};
    default:
      return {};
  }
}

Result<void> checkInput(const Bytes& key, const Bytes& value) {
  switch (key[0]) {
    case IN_NON_WITNESS_UTXO:
      if (key.size() != 1) return Error::BAD_PSBT;
      return asCheck(Transaction::parse(value));
    case IN_WITNESS_UTXO:
      if (key.size() != 1) return Error::BAD_PSBT;
      return asCheck(parseOutput(value));
    case IN_PARTIAL_SIG:
      return require(isKeyKey(key) && isSignature(value));
    case IN_SIGHASH_TYPE:
      return require(key.size() == 1 && value.size() == 4);
    case IN_REDEEM_SCRIPT:
    case IN_WITNESS_SCRIPT:
    case IN_FINAL_SCRIPTSIG:
      return require(key.size() == 1);
    case IN_BIP32_DERIVATION:
      return require(isKeyKey(key) && isOrigin(value));
    case IN_FINAL_WITNESS:
      if (key.size() != 1) return Error::BAD_PSBT;
      return asCheck(parseWitness(value));
    case 0x09:
      return require(key.size() == 1);
    case 0x0a:
    case 0x0c:
      return require(key.size() == 21);
    case 0x0b:
    case 0x0d:
      return require(key.size() == 33);
    case 0x0e:  // these belong to version 2
    case 0x0f:
    case 0x10:
    case 0x11:
    case 0x12:
      return Error::BAD_PSBT;
    default:
      return checkTaprootInput(key, value);
  }
}

Result<void> checkOutput(const Bytes& key, const Bytes& value) {
  switch (key[0]) {
    case OUT_REDEEM_SCRIPT:
    case OUT_WITNESS_SCRIPT:
      return require(key.size() == 1);
    case OUT_BIP32_DERIVATION:
      return require(isKeyKey(key) && isOrigin(value));
    case 0x03:  // these belong to version 2
    case 0x04:
      return Error::BAD_PSBT;
    case 0x05:
      return require(key.size() == 1 && value.size() == X_ONLY);
    case 0x06:
      return require(key.size() == 1 && isTapTree(value));
    case 0x07:
      return require(key.size() == 1 + X_ONLY && isTaprootOrigin(value));
    default:
      return {};
  }
}

Result<TxOut> parseOutput(ByteView bytes) {
  Reader reader(bytes);
  auto raw = reader.u64();
  if (!raw) return raw.error();
  auto value = Amount::of(static_cast<std::int64_t>(*raw));
  if (!value) return value.error();
  auto script = reader.sized(MAX_TRANSACTION_BYTES);
  if (!script) return script.error();
  if (!reader.atEnd()) return Error::TRAILING_DATA;
  return TxOut{*value, std::move(*script)};
}

Result<std::vector<Bytes>> parseWitness(ByteView bytes) {
  Reader reader(bytes);
  auto count = reader.count(1);
  if (!count) return count.error();
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < *count; ++i) {
    auto item = reader.sized(MAX_TRANSACTION_BYTES);
    if (!item) return item.error();
    out.push_back(std::move(*item));
  }
  if (!reader.atEnd()) return Error::TRAILING_DATA;
  return out;
}

Bytes writeWitness(const std::vector<Bytes>& witness) {
  Bytes out;
  writeCompactSize(out, witness.size());
  for (const auto& item : witness) writeSized(out, item);
  return out;
}

KeyOrigin readOrigin(ByteView bytes) {
  KeyOrigin out;
  Reader reader(bytes);
  auto fingerprint = *reader.take(4);
  std::copy(fingerprint.begin(), fingerprint.end(), out.fingerprint.begin());
  while (!reader.atEnd()) out.path.push_back(*reader.u32());
  return out;
}

Bytes writeOrigin(const KeyOrigin& origin) {
  Bytes out = toBytes(origin.fingerprint);
  for (auto step : origin.path) writeU32(out, step);
  return out;
}

}  // namespace sallyport::bitcoin::psbt
