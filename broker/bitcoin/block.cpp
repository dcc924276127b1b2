// Headers and merkle trees as the network defines them.
#include "broker/bitcoin/block.h"

#include <algorithm>

#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

MerkleHash joined(const MerkleHash& left, const MerkleHash& right) {
  std::array<std::uint8_t, 64> both;
  std::copy(left.bytes.begin(), left.bytes.end(), both.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), both.begin() + 32);
  return {sha256d(both)};
}

// One level up; an odd last one is joined with itself.
std::vector<MerkleHash> parents(const std::vector<MerkleHash>& level) {
  std::vector<MerkleHash> out;
  out.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i < level.size(); i += 2)
    out.push_back(joined(level[i], level[std::min(i + 1, level.size() - 1)]));
  return out;
}

}  // namespace

Result<BlockHeader> BlockHeader::parse(ByteView bytes) {
  if (bytes.size() < HEADER_BYTES) return Error::TRUNCATED;
  if (bytes.size() > HEADER_BYTES) return Error::TRAILING_DATA;
  Reader reader(bytes);
  BlockHeader out;
  out.version = static_cast<std::int32_t>(*reader.u32());
  auto previous = *reader.take(32);
  std::copy(previous.begin(), previous.end(), out.previous.bytes.begin());
  auto root = *reader.take(32);
  std::copy(root.begin(), root.end(), out.merkleRoot.bytes.begin());
  out.time = *reader.u32();
  out.bits = *reader.u32();
  out.nonce = *reader.u32();
  return out;
}

Bytes BlockHeader::serialize() const {
  Bytes out;
  out.reserve(HEADER_BYTES);
  writeU32(out, static_cast<std::uint32_t>(version));
  append(out, previous.bytes);
  append(out, merkleRoot.bytes);
  writeU32(out, time);
  writeU32(out, bits);
  writeU32(out, nonce);
  return out;
}

BlockHash BlockHeader::hash() const { return {sha256d(serialize())}; }

Result<Digest32> expandTarget(std::uint32_t bits) {
  auto exponent = bits >> 24;
  auto mantissa = bits & 0x7fffff;
  if ((bits & 0x800000) != 0 && mantissa != 0) return Error::BAD_BLOCK;
  Digest32 out{};
  for (unsigned i = 0; i < 3; ++i) {
    // Byte i of the mantissa, least significant first, sits at place exponent - 3 + i from the
    // right.
    auto byte = static_cast<std::uint8_t>(mantissa >> 8 * i & 0xff);
    auto place = static_cast<int>(exponent) - 3 + static_cast<int>(i);
    if (byte == 0 || place < 0) continue;
    if (place > 31) return Error::BAD_BLOCK;
    out[static_cast<std::size_t>(31 - place)] = byte;
  }
  return out;
}

bool BlockHeader::hasWork(std::uint32_t limit) const {
  auto target = expandTarget(bits);
  auto most = expandTarget(limit);
  if (!target || !most || *target > *most || *target == Digest32{}) return false;
  auto value = hash().bytes;
  std::reverse(value.begin(), value.end());
  return value <= *target;
}

Result<Block> Block::parse(ByteView bytes) {
  if (bytes.size() > MAX_BLOCK_BYTES) return Error::TOO_LARGE;
  if (bytes.size() < HEADER_BYTES) return Error::TRUNCATED;
  auto header = BlockHeader::parse(bytes.first(HEADER_BYTES));
  if (!header) return header.error();
  Block out;
  out.header = *header;
  Reader reader(bytes.subspan(HEADER_BYTES));
  auto count = reader.count(60);  // the least that a transaction takes
  if (!count) return count.error();
  for (std::size_t i = 0; i < *count; ++i) {
    auto tx = readTransaction(reader, Encoding::WITNESS);
    if (!tx) return tx.error();
    out.transactions.push_back(std::move(*tx));
  }
  if (!reader.atEnd()) return Error::TRAILING_DATA;
  return out;
}

Bytes Block::serialize() const {
  auto out = header.serialize();
  writeCompactSize(out, transactions.size());
  for (const auto& tx : transactions) append(out, tx.serialize());
  return out;
}

std::size_t Block::weight() const {
  auto out = 4 * (HEADER_BYTES + compactSizeLength(transactions.size()));
  for (const auto& tx : transactions) out += tx.weight();
  return out;
}

MerkleRoot merkleRoot(std::vector<MerkleHash> level) {
  MerkleRoot out;
  if (level.empty()) return out;
  while (level.size() > 1) {
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      out.mutated = out.mutated || level[i] == level[i + 1];
    level = parents(level);
  }
  out.root = level.front();
  return out;
}

MerkleRoot merkleRootOf(const std::vector<Transaction>& transactions) {
  std::vector<MerkleHash> leaves;
  leaves.reserve(transactions.size());
  for (const auto& tx : transactions) leaves.push_back({tx.txid().bytes});
  return merkleRoot(std::move(leaves));
}

MerkleRoot witnessMerkleRootOf(const std::vector<Transaction>& transactions) {
  std::vector<MerkleHash> leaves;
  leaves.reserve(transactions.size());
  for (const auto& tx : transactions)
    leaves.push_back(leaves.empty() ? MerkleHash{} : MerkleHash{tx.wtxid().bytes});
  return merkleRoot(std::move(leaves));
}

std::vector<MerkleHash> merkleBranch(std::vector<MerkleHash> level, std::size_t position) {
  std::vector<MerkleHash> out;
  while (level.size() > 1) {
    out.push_back(level[std::min(position ^ 1, level.size() - 1)]);
    position >>= 1;
    level = parents(level);
  }
  return out;
}

Result<MerkleHash> merkleRootFromBranch(const Txid& leaf,
                                        std::span<const MerkleHash> branch,
                                        std::size_t position) {
  if (branch.size() > MAX_MERKLE_DEPTH || position >> branch.size() != 0) return Error::BAD_BLOCK;
  MerkleHash node{leaf.bytes};
  for (const auto& neighbour : branch) {
    node = (position & 1) != 0 ? joined(neighbour, node) : joined(node, neighbour);
    position >>= 1;
  }
  return node;
}

}  // namespace sallyport::bitcoin
