// The wallet of BIP84's own mnemonic on regtest, for tests: its account, its addresses, and its
// signatures.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>

#include "broker/bitcoin/address.h"
#include "broker/bitcoin/keys/ecdsa.h"
#include "broker/bitcoin/keys/mnemonic.h"
#include "broker/bitcoin/keys/private-node.h"
#include "broker/bitcoin/psbt.h"
#include "broker/bitcoin/script.h"
#include "broker/bitcoin/sighash.h"
#include "broker/wallet/account.h"

namespace sallyport::wallet {

inline constexpr const char* ACCOUNT_PATH = "m/84'/1'/0'";
inline constexpr const char* FINGERPRINT = "73c5da0a";

class TestKeys {
 public:
  TestKeys() : m_context(std::array<std::uint8_t, 32>{1}) {
    std::array<std::uint8_t, 64> seed{};
    bitcoin::keys::mnemonicToSeed(
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
        "about",
        "",
        seed)
        .value();
    bitcoin::keys::masterNode(m_context, seed, m_master).value();
  }

  std::string xpub(bitcoin::Network network = bitcoin::Network::REGTEST) const {
    return bitcoin::keys::accountKey(m_context, m_master, bitcoin::parsePath(ACCOUNT_PATH).value())
        .value()
        .encode(network);
  }

  Account account() const {
    return Account::open(xpub(), ACCOUNT_PATH, bitcoin::Network::REGTEST).value();
  }

  // Signs every input by the path that the PSBT gives for it, and takes the transaction out.
  bitcoin::Transaction sign(bitcoin::ByteView bytes) const {
    auto psbt = bitcoin::Psbt::parse(bytes).value();
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
      std::array<std::uint8_t, bitcoin::keys::NODE_BYTES> node{};
      const auto derivation = psbt.inputs[i].derivations().at(0);
      bitcoin::keys::derivePath(m_context, m_master, derivation.origin.path, node).value();
      const auto secret = bitcoin::keys::keyOf(node);
      const auto key = bitcoin::keys::publicKey(m_context, secret).value();
      if (key != derivation.key) throw std::logic_error("the PSBT names another key");
      const auto spent = psbt.spentOutput(i).value();
      const auto digest = bitcoin::segwitSighash(psbt.tx,
                                                 i,
                                                 bitcoin::p2pkhScript(bitcoin::hash160(key)),
                                                 spent.value,
                                                 bitcoin::SIGHASH_ALL)
                              .value();
      auto signature = bitcoin::keys::signEcdsa(m_context, secret, digest).value();
      signature.push_back(bitcoin::SIGHASH_ALL);
      psbt.inputs[i].addPartialSignature(key, signature);
    }
    psbt.finalize().value();
    return psbt.extract().value();
  }

 private:
  bitcoin::keys::Context m_context;
  std::array<std::uint8_t, bitcoin::keys::NODE_BYTES> m_master{};
};

// Of somebody else; another one for each number.
inline bitcoin::Bytes strangerScript(std::uint8_t number = 1) {
  bitcoin::Digest20 hash;
  hash.fill(number);
  return bitcoin::p2wpkhScript(hash);
}

inline std::string strangerAddress(std::uint8_t number = 1,
                                   bitcoin::Network network = bitcoin::Network::REGTEST) {
  return bitcoin::encodeAddress(strangerScript(number), network).value();
}

}  // namespace sallyport::wallet
