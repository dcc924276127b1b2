// Bech32 (BIP173) and bech32m (BIP350), and the segwit addresses made of them. Part of the pure
// library `bitcoin`.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

enum class Bech32Variant : std::uint8_t { BECH32, BECH32M };

struct Bech32 {
  std::string hrp;  // lower case
  Bech32Variant variant = Bech32Variant::BECH32;
  Bytes values;  // 5 bits each, without the checksum
};

inline constexpr std::size_t MAX_BECH32_CHARACTERS = 90;

Result<Bech32> decodeBech32(std::string_view text);
std::string encodeBech32(std::string_view hrp, Bech32Variant variant, ByteView values);

struct WitnessProgram {
  std::string hrp;
  std::uint8_t version = 0;  // 0..16
  Bytes program;             // 2..40 bytes; 20 or 32 for version 0
};

Result<WitnessProgram> decodeSegwitAddress(std::string_view text);
Result<std::string> encodeSegwitAddress(std::string_view hrp,
                                        std::uint8_t version,
                                        ByteView program);

}  // namespace sallyport::bitcoin
