// The best chain with its coins and indexes: blocks are checked in full and connected, or
// disconnected from the tip. Part of `devnet`.
#pragma once

#include <map>

#include "tests/devnet/rules.h"

namespace sallyport::devnet {

struct Place {
  std::uint32_t height = 0;
  std::uint32_t position = 0;

  auto operator<=>(const Place&) const = default;
};

struct Spender {
  Txid txid;
  std::uint32_t input = 0;
};

struct StoredBlock {
  Block block;
  BlockHash hash;
  std::vector<Txid> txids;
  std::vector<std::vector<Coin>> spent;  // by transaction and input; empty for the coinbase
};

using ScriptKey = bitcoin::Digest32;  // SHA-256 of an output script

class Chain {
 public:
  explicit Chain(const bitcoin::keys::Context& context);

  std::uint32_t height() const { return static_cast<std::uint32_t>(m_blocks.size() - 1); }
  const StoredBlock& tip() const { return m_blocks.back(); }
  const StoredBlock& at(std::uint32_t height) const { return m_blocks.at(height); }
  std::optional<std::uint32_t> heightOf(const BlockHash& hash) const;
  std::optional<Place> find(const Txid& txid) const;
  const Transaction& transaction(Place place) const;
  const Coin* coin(const OutPoint& outpoint) const;
  std::optional<Spender> spender(const OutPoint& outpoint) const;
  const std::vector<Place>& history(const ScriptKey& script) const;  // oldest first
  std::uint32_t medianTime(std::uint32_t height) const;  // of the 11 blocks up to this one
  const bitcoin::keys::Context& context() const { return m_context; }

  Refusal connect(Block block);
  StoredBlock disconnectTip();  // never the genesis block

 private:
  SpendCheck spend(const Transaction& tx, StoredBlock& block);
  void addOutputs(const Transaction& tx, const Txid& txid);
  void undo(const StoredBlock& block, std::size_t transactions);
  void index(const StoredBlock& block);

  const bitcoin::keys::Context& m_context;
  std::vector<StoredBlock> m_blocks;
  std::map<BlockHash, std::uint32_t> m_heights;
  std::map<Txid, Place> m_places;
  std::map<OutPoint, Coin> m_coins;
  std::map<OutPoint, Spender> m_spenders;
  std::map<ScriptKey, std::vector<Place>> m_history;
};

}  // namespace sallyport::devnet
