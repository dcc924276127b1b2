// Block headers, blocks, merkle trees and proof of work. Part of the pure library `bitcoin`; bytes
// may be hostile.
#pragma once

#include "broker/bitcoin/hash.h"
#include "broker/bitcoin/transaction.h"

namespace sallyport::bitcoin {

inline constexpr std::size_t HEADER_BYTES = 80;
inline constexpr std::size_t MAX_BLOCK_BYTES = 4'000'000;
inline constexpr std::size_t MAX_MERKLE_DEPTH = 32;

struct BlockHeader {
  std::int32_t version = 0x20000000;
  BlockHash previous;
  MerkleHash merkleRoot;
  std::uint32_t time = 0;
  std::uint32_t bits = 0;
  std::uint32_t nonce = 0;

  bool operator==(const BlockHeader&) const = default;

  static Result<BlockHeader> parse(ByteView bytes);  // exactly 80 bytes
  Bytes serialize() const;
  BlockHash hash() const;
  // The hash is not over the target in `bits`, and the target not over `limit` (both compact).
  bool hasWork(std::uint32_t limit) const;
};

// The 256-bit target of a compact form, most significant byte first; an error for negative or too
// large ones.
Result<Digest32> expandTarget(std::uint32_t bits);

struct Block {
  BlockHeader header;
  std::vector<Transaction> transactions;

  static Result<Block> parse(ByteView bytes);
  Bytes serialize() const;
  std::size_t weight() const;
};

struct MerkleRoot {
  MerkleHash root;
  bool mutated = false;  // two equal neighbours: another list has the same root (CVE-2012-2459)
};
MerkleRoot merkleRoot(std::vector<MerkleHash> leaves);
MerkleRoot merkleRootOf(const std::vector<Transaction>& transactions);  // of txids
MerkleRoot witnessMerkleRootOf(
    const std::vector<Transaction>& transactions);  // of wtxids, the coinbase's as zero

// The neighbours on the way up, nearest first, as Esplora's merkle-proof gives them.
std::vector<MerkleHash> merkleBranch(std::vector<MerkleHash> leaves, std::size_t position);
// The root that a leaf at `position` reaches by `branch`; BAD_BLOCK when position does not fit the
// branch's length.
Result<MerkleHash> merkleRootFromBranch(const Txid& leaf,
                                        std::span<const MerkleHash> branch,
                                        std::size_t position);

}  // namespace sallyport::bitcoin
