// Output scripts: making and recognising the standard ones. There is no interpreter here. Part of
// the pure library `bitcoin`.
#pragma once

#include <optional>

#include "broker/bitcoin/bytes.h"
#include "broker/bitcoin/hash.h"

namespace sallyport::bitcoin {

inline constexpr std::size_t MAX_SCRIPT_BYTES = 10'000;

enum class ScriptType : std::uint8_t {
  P2PK,
  P2PKH,
  P2SH,
  P2WPKH,
  P2WSH,
  P2TR,
  WITNESS_UNKNOWN,  // a segwit version or length without a meaning yet
  NULL_DATA,        // OP_RETURN
  NON_STANDARD,
};

ScriptType classify(ByteView script);

struct WitnessView {
  std::uint8_t version;
  ByteView program;
};
std::optional<WitnessView> witnessProgram(ByteView script);

Bytes p2pkhScript(const Digest20& keyHash);
Bytes p2shScript(const Digest20& scriptHash);
Bytes p2wpkhScript(const Digest20& keyHash);
Bytes p2wshScript(const Digest32& scriptHash);
Bytes p2trScript(std::span<const std::uint8_t, 32> outputKey);
Bytes witnessScript(std::uint8_t version, ByteView program);

void pushData(Bytes& script, ByteView data);      // shortest push
void pushInteger(Bytes& script, std::int64_t n);  // as BIP34 wants heights

// The pushes of a script that has nothing else; nothing when it has.
std::optional<std::vector<Bytes>> pushesOf(ByteView script);

// SHA-256 of the script as lower-case hex: Esplora's key (Electrum reverses the bytes).
std::string scriptHash(ByteView script);

}  // namespace sallyport::bitcoin
