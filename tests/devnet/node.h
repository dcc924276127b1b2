// The node: chain, mempool, a miner, a faucet, and the file that keeps the blocks. Single-threaded,
// no network. Part of `devnet`; tests may use it directly.
#pragma once

#include <filesystem>
#include <functional>

#include "broker/bitcoin/address.h"
#include "tests/devnet/block-file.h"
#include "tests/devnet/mempool.h"

namespace sallyport::devnet {

struct NodeOptions {
  std::function<std::uint32_t()> now;  // unix seconds; empty: the system's clock
  std::filesystem::path stateFile;     // empty: blocks live in memory only
  std::uint32_t premine =
      110;  // blocks to the faucet on an empty chain, so that ten coins are mature
};

struct Payout {
  Refusal refusal;
  Txid txid;
};

class Node {
 public:
  explicit Node(NodeOptions options = {});
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Chain& chain() const { return m_chain; }
  const Mempool& mempool() const { return m_mempool; }
  const Bytes& faucetScript() const { return m_faucetScript; }

  Refusal submit(const Transaction& tx) { return m_mempool.accept(tx); }
  Refusal submitBlock(Block block);

  // Blocks with everything that waits, paying `script`; their hashes.
  std::vector<BlockHash> mine(std::uint32_t blocks, const Bytes& script);
  // Gives up the last `depth` blocks for depth + 1 new ones without transactions. What was in them
  // waits again.
  std::vector<BlockHash> reorganise(std::uint32_t depth);
  // Pays from the node's own coins; the transaction waits for a block.
  Payout pay(const Bytes& script, Amount amount);

 private:
  Block assemble(const Bytes& script, bool withMempool);
  void mustConnect(Block block);
  void load();

  bitcoin::keys::Context m_context;
  Chain m_chain;
  Mempool m_mempool;
  std::function<std::uint32_t()> m_now;
  std::array<std::uint8_t, 32> m_faucetKey;
  Bytes m_faucetScript;
  std::uint64_t m_extraNonce = 0;
  std::optional<BlockFile> m_file;
};

}  // namespace sallyport::devnet
