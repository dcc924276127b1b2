// Base58check and segwit addresses to scripts and back.
#include "broker/bitcoin/address.h"

#include <algorithm>

#include "broker/bitcoin/base58.h"
#include "broker/bitcoin/bech32.h"

namespace sallyport::bitcoin {
namespace {

constexpr NetworkParameters MAINNET{"mainnet", 0x00, 0x05, 0x80, "bc", 0x0488b21e, 0x0488ade4, 0};
constexpr NetworkParameters TESTNET4{"testnet4", 0x6f, 0xc4, 0xef, "tb", 0x043587cf, 0x04358394, 1};
constexpr NetworkParameters SIGNET{"signet", 0x6f, 0xc4, 0xef, "tb", 0x043587cf, 0x04358394, 1};
constexpr NetworkParameters REGTEST{"regtest", 0x6f, 0xc4, 0xef, "bcrt", 0x043587cf, 0x04358394, 1};

Result<Bytes> parseBase58Address(std::string_view text, const NetworkParameters& network) {
  auto payload = decodeBase58Check(text);
  if (!payload) return payload.error();
  if (payload->size() != 21) return Error::BAD_ADDRESS;
  Digest20 hash;
  std::copy(payload->begin() + 1, payload->end(), hash.begin());
  auto version = payload->front();
  if (version == network.p2pkhVersion) return p2pkhScript(hash);
  if (version == network.p2shVersion) return p2shScript(hash);
  for (const auto& other : {MAINNET, REGTEST})
    if (version == other.p2pkhVersion || version == other.p2shVersion) return Error::WRONG_NETWORK;
  return Error::BAD_ADDRESS;
}

bool isKnownPrefix(std::string_view hrp) { return hrp == "bc" || hrp == "tb" || hrp == "bcrt"; }

}  // namespace

const NetworkParameters& parametersOf(Network network) noexcept {
  switch (network) {
    case Network::MAINNET:
      return MAINNET;
    case Network::TESTNET4:
      return TESTNET4;
    case Network::SIGNET:
      return SIGNET;
    case Network::REGTEST:
      return REGTEST;
  }
  return REGTEST;
}

std::optional<Network> networkByName(std::string_view name) noexcept {
  for (auto network : {Network::MAINNET, Network::TESTNET4, Network::SIGNET, Network::REGTEST})
    if (parametersOf(network).name == name) return network;
  return std::nullopt;
}

Result<Bytes> parseAddress(std::string_view text, Network network) {
  const auto& parameters = parametersOf(network);
  auto segwit = decodeSegwitAddress(text);
  if (segwit) {
    if (segwit->hrp != parameters.hrp)
      return isKnownPrefix(segwit->hrp) ? Error::WRONG_NETWORK : Error::BAD_ADDRESS;
    return witnessScript(segwit->version, segwit->program);
  }
  // Its prefix says which kind the writer meant, and so which error helps.
  auto separator = text.rfind('1');
  if (separator != std::string_view::npos && text.size() <= MAX_BECH32_CHARACTERS) {
    std::string prefix(text.substr(0, separator));
    std::transform(prefix.begin(), prefix.end(), prefix.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (isKnownPrefix(prefix)) return segwit.error();
  }
  return parseBase58Address(text, parameters);
}

Result<std::string> encodeAddress(ByteView script, Network network) {
  const auto& parameters = parametersOf(network);
  if (auto witness = witnessProgram(script))
    return encodeSegwitAddress(parameters.hrp, witness->version, witness->program);
  auto type = classify(script);
  Bytes payload;
  if (type == ScriptType::P2PKH) {
    payload.push_back(parameters.p2pkhVersion);
    append(payload, script.subspan(3, 20));
  } else if (type == ScriptType::P2SH) {
    payload.push_back(parameters.p2shVersion);
    append(payload, script.subspan(2, 20));
  } else {
    return Error::BAD_ADDRESS;
  }
  return encodeBase58Check(payload);
}

}  // namespace sallyport::bitcoin
