// The rules of the regtest chain that need no state: genesis, subsidy, lock times, and what a
// transaction may spend. Part of `devnet`, a node for demo and tests; it is trusted with nothing.
#pragma once

#include <optional>
#include <string>

#include "broker/bitcoin/block.h"
#include "broker/bitcoin/keys/context.h"

namespace sallyport::devnet {

using bitcoin::Amount;
using bitcoin::Block;
using bitcoin::BlockHash;
using bitcoin::Bytes;
using bitcoin::ByteView;
using bitcoin::OutPoint;
using bitcoin::Transaction;
using bitcoin::Txid;
using bitcoin::TxOut;

inline constexpr std::uint32_t REGTEST_BITS = 0x207fffff;
inline constexpr std::uint32_t HALVING_INTERVAL = 150;
inline constexpr std::uint32_t COINBASE_MATURITY = 100;
inline constexpr std::size_t MAX_BLOCK_WEIGHT = 4'000'000;

// A reason in the words of Bitcoin Core; nothing when all is well.
using Refusal = std::optional<std::string>;

struct Coin {
  TxOut output;
  std::uint32_t height = 0;  // of its block; for the mempool the next one
  bool coinbase = false;
};

const Block& genesisBlock();
std::int64_t subsidyAt(std::uint32_t height);
bool isFinalAt(const Transaction& tx, std::uint32_t height, std::uint32_t medianTime);

struct SpendCheck {
  Refusal refusal;
  std::int64_t fee = 0;
};

// Amounts, maturity, lock times and signatures of a transaction that spends `coins` (in the order
// of its inputs) in a block at `height`.
SpendCheck checkSpend(const bitcoin::keys::Context& context,
                      const Transaction& tx,
                      const std::vector<Coin>& coins,
                      std::uint32_t height);

// What a block must be by itself: work, merkle root, witness commitment, its one coinbase with the
// height.
Refusal checkBlock(const Block& block, std::uint32_t height);

// The output of a coinbase that commits to the witnesses of a block.
TxOut witnessCommitment(const std::vector<Transaction>& transactions);

}  // namespace sallyport::devnet
