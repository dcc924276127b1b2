// The public half of one wallet: its addresses, and which of them are ours, in use or next. Pure.
// Runs in the broker.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/bitcoin/hd.h"
#include "broker/wallet/ledger.h"

namespace sallyport::wallet {

class Account {
 public:
  static constexpr std::uint32_t GAP_LIMIT =
      20;  // unused addresses in a row that are looked at (BIP44)
  static constexpr std::uint32_t MAX_INDEX = 100'000;
  // Handed out in a row without a payment to any: every comparison with the server asks for each.
  static constexpr std::uint32_t MAX_UNPAID = 100;

  // Nothing when the xpub is not one of this network.
  static std::optional<Account> open(const std::string& xpub,
                                     std::string accountPath,
                                     bitcoin::Network network);

  bitcoin::Network network() const { return m_network; }
  const std::string& accountPath() const { return m_accountPath; }

  bitcoin::Bytes script(KeyPath path);
  std::string address(KeyPath path);
  std::string pathText(KeyPath path) const;
  bitcoin::PublicKey publicKey(KeyPath path);

  // The key of a script among those derived so far.
  std::optional<KeyPath> owner(bitcoin::ByteView script) const;

  // Derives up to and with this index on the chain, so that owner() knows them.
  void deriveTo(bool change, std::uint32_t index);
  std::uint32_t derived(bool change) const {
    return static_cast<std::uint32_t>(chain(change).size());
  }

 private:
  struct Key {
    bitcoin::PublicKey key;
    bitcoin::Bytes script;
  };

  const std::vector<Key>& chain(bool change) const { return m_chains[change ? 1 : 0]; }
  const Key& at(KeyPath path);

  bitcoin::Network m_network{};
  std::string m_accountPath;
  bitcoin::ExtendedPublicKey m_parents[2];
  std::vector<Key> m_chains[2];
  std::map<bitcoin::Bytes, KeyPath> m_owners;
};

}  // namespace sallyport::wallet
