// The field types of PSBT version 0 and the form that each must have. Part of the pure library
// `bitcoin`; used by psbt.cpp and psbt-access.cpp.
#pragma once

#include "broker/bitcoin/psbt.h"

namespace sallyport::bitcoin::psbt {

inline constexpr std::uint8_t GLOBAL_UNSIGNED_TX = 0x00;
inline constexpr std::uint8_t GLOBAL_XPUB = 0x01;
inline constexpr std::uint8_t GLOBAL_VERSION = 0xfb;

inline constexpr std::uint8_t IN_NON_WITNESS_UTXO = 0x00;
inline constexpr std::uint8_t IN_WITNESS_UTXO = 0x01;
inline constexpr std::uint8_t IN_PARTIAL_SIG = 0x02;
inline constexpr std::uint8_t IN_SIGHASH_TYPE = 0x03;
inline constexpr std::uint8_t IN_REDEEM_SCRIPT = 0x04;
inline constexpr std::uint8_t IN_WITNESS_SCRIPT = 0x05;
inline constexpr std::uint8_t IN_BIP32_DERIVATION = 0x06;
inline constexpr std::uint8_t IN_FINAL_SCRIPTSIG = 0x07;
inline constexpr std::uint8_t IN_FINAL_WITNESS = 0x08;

inline constexpr std::uint8_t OUT_REDEEM_SCRIPT = 0x00;
inline constexpr std::uint8_t OUT_WITNESS_SCRIPT = 0x01;
inline constexpr std::uint8_t OUT_BIP32_DERIVATION = 0x02;

Result<void> checkGlobal(const Bytes& key, const Bytes& value);
Result<void> checkInput(const Bytes& key, const Bytes& value);
Result<void> checkOutput(const Bytes& key, const Bytes& value);

Result<TxOut> parseOutput(ByteView bytes);
Result<std::vector<Bytes>> parseWitness(ByteView bytes);
Bytes writeWitness(const std::vector<Bytes>& witness);
KeyOrigin readOrigin(ByteView bytes);  // of a size that was checked
Bytes writeOrigin(const KeyOrigin& origin);

}  // namespace sallyport::bitcoin::psbt
