// Sizes with the largest signature that our signer makes (low R: 70 bytes of DER and the type).
#include "broker/bitcoin/fees.h"

#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::size_t OUTPOINT_AND_SEQUENCE = 41;  // with the length of an empty scriptSig
constexpr std::size_t SIGNATURE_PUSH = 1 + 71;
constexpr std::size_t KEY_PUSH = 1 + 33;
constexpr std::size_t WITNESS_COUNT = 1;
constexpr std::size_t KEY_WITNESS = WITNESS_COUNT + SIGNATURE_PUSH + KEY_PUSH;
constexpr std::int64_t DUST_RATE = 3;  // sat/vB

}  // namespace

Result<std::size_t> inputWeight(ScriptType type) {
  switch (type) {
    case ScriptType::P2WPKH:
      return OUTPOINT_AND_SEQUENCE * 4 + KEY_WITNESS;
    case ScriptType::P2SH:
      return (OUTPOINT_AND_SEQUENCE + 23) * 4 + KEY_WITNESS;
    case ScriptType::P2TR:
      return OUTPOINT_AND_SEQUENCE * 4 + WITNESS_COUNT + 1 + 64;
    case ScriptType::P2PKH:
      return (OUTPOINT_AND_SEQUENCE + SIGNATURE_PUSH + KEY_PUSH) * 4 + WITNESS_COUNT;
    default:
      return Error::NOT_SUPPORTED;
  }
}

std::size_t outputWeight(std::size_t scriptSize) {
  return (8 + compactSizeLength(scriptSize) + scriptSize) * 4;
}

std::size_t overheadWeight(std::size_t inputs, std::size_t outputs) {
  return (8 + compactSizeLength(inputs) + compactSizeLength(outputs)) * 4 +
         2;  // 2: segwit's marker and flag
}

std::int64_t dustLimit(ByteView script) {
  auto type = classify(script);
  if (type == ScriptType::NULL_DATA) return 0;
  bool witness = witnessProgram(script).has_value();
  auto size = outputWeight(script.size()) / 4 + (witness ? 67 : 148);
  return DUST_RATE * static_cast<std::int64_t>(size);
}

}  // namespace sallyport::bitcoin
