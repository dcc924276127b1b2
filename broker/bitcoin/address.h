// Addresses and the networks that they belong to. Part of the pure library `bitcoin`.
#pragma once

#include "broker/bitcoin/script.h"

namespace sallyport::bitcoin {

enum class Network : std::uint8_t { MAINNET, TESTNET4, SIGNET, REGTEST };

struct NetworkParameters {
  std::string_view name;
  std::uint8_t p2pkhVersion;
  std::uint8_t p2shVersion;
  std::uint8_t wifVersion;
  std::string_view hrp;
  std::uint32_t xpubVersion;
  std::uint32_t xprvVersion;
  std::uint32_t coinType;  // BIP44
};

const NetworkParameters& parametersOf(Network network) noexcept;
std::optional<Network> networkByName(std::string_view name) noexcept;

// Testnet4, signet and regtest share base58 versions, and testnet4 and signet share the prefix: an
// address alone does not tell them apart.
Result<Bytes> parseAddress(std::string_view text, Network network);  // -> output script
// BAD_ADDRESS for scripts without an address (P2PK, OP_RETURN, other).
Result<std::string> encodeAddress(ByteView script, Network network);

}  // namespace sallyport::bitcoin
