#include "broker/wallet/account.h"

#include <stdexcept>

namespace sallyport::wallet {

std::optional<Account> Account::open(const std::string& xpub,
                                     std::string accountPath,
                                     bitcoin::Network network) {
  const auto root = bitcoin::ExtendedPublicKey::parse(xpub, network);
  if (!root) return std::nullopt;
  Account account;
  account.m_network = network;
  account.m_accountPath = std::move(accountPath);
  for (std::uint32_t chain : {0U, 1U}) {
    auto child = root->child(chain);
    if (!child) return std::nullopt;
    account.m_parents[chain] = *child;
  }
  return account;
}

void Account::deriveTo(bool change, std::uint32_t index) {
  if (index > MAX_INDEX) throw std::out_of_range("an address index beyond what a wallet uses");
  auto& keys = m_chains[change ? 1 : 0];
  while (keys.size() <= index) {
    const auto next = static_cast<std::uint32_t>(keys.size());
    // BIP32: an index without a key has a chance of 2^-127; value() would throw there.
    const auto child = m_parents[change ? 1 : 0].child(next).value();
    keys.push_back({child.key, child.p2wpkhScript()});
    m_owners.emplace(keys.back().script, KeyPath{change, next});
  }
}

const Account::Key& Account::at(KeyPath path) {
  deriveTo(path.change, path.index);
  return chain(path.change)[path.index];
}

bitcoin::Bytes Account::script(KeyPath path) { return at(path).script; }
bitcoin::PublicKey Account::publicKey(KeyPath path) { return at(path).key; }
std::string Account::address(KeyPath path) {
  return bitcoin::encodeAddress(at(path).script, m_network).value();
}

std::string Account::pathText(KeyPath path) const {
  return m_accountPath + (path.change ? "/1/" : "/0/") + std::to_string(path.index);
}

std::optional<KeyPath> Account::owner(bitcoin::ByteView script) const {
  const auto found = m_owners.find(bitcoin::toBytes(script));
  if (found == m_owners.end()) return std::nullopt;
  return found->second;
}

}  // namespace sallyport::wallet
