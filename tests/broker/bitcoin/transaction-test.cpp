// Transactions, blocks and merkle trees: reading, writing, bounds.
#include "broker/bitcoin/transaction.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>

#include "broker/bitcoin/block.h"
#include "broker/bitcoin/serialize.h"
#include "tests/broker/bitcoin/result-printing.h"
#include "tests/broker/bitcoin/vectors.h"

namespace sallyport::bitcoin {
namespace {

// BIP143's first example, signed: one P2PK input, one P2WPKH input.
constexpr std::string_view SEGWIT_TX =
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000049483045"
    "0221008b9d1dc26ba6"
    "a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22"
    "ede944ccf4ecbab4cc"
    "618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ff"
    "ffffff02202cb20600"
    "0000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e"
    "4dbe6a21b2d50ce2f0"
    "167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a02"
    "20573a954c45185615"
    "61406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb"
    "0ad253f62fc70f07ae"
    "ee635711000000";

constexpr std::string_view GENESIS =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c"
    "3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c0101000000010000000000000000000000000000000000"
    "0000000000000000000"
    "00000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656"
    "c6c6f72206f6e206272"
    "696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104"
    "678afdb0fe554827196"
    "7f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578"
    "a4c702b6bf11d5fac00"
    "000000";

}  // namespace

TEST_CASE("a segwit transaction is read and written back, with its ids and sizes") {
  auto raw = *fromHex(SEGWIT_TX);
  auto tx = *Transaction::parse(raw);
  CHECK(tx.serialize() == raw);
  CHECK(tx.inputs.size() == 2);
  CHECK(tx.inputs[1].witness.size() == 2);
  CHECK(tx.outputs[0].value.satoshis() == 112340000);
  CHECK(tx.lockTime == 17);
  CHECK(tx.totalSize() == raw.size());
  CHECK(tx.weight() == tx.baseSize() * 3 + raw.size());
  CHECK(tx.vsize() == (tx.weight() + 3) / 4);
  CHECK(tx.txid().bytes != tx.wtxid().bytes);
  auto stripped = *Transaction::parse(tx.serialize(Encoding::BASE));
  CHECK(stripped.txid() == tx.txid());
  CHECK(stripped.txid().bytes == stripped.wtxid().bytes);
  CHECK(checkTransaction(tx));
}

TEST_CASE("every truncation of a transaction is refused, and so is one byte more") {
  auto raw = *fromHex(SEGWIT_TX);
  for (std::size_t size = 0; size < raw.size(); ++size)
    CHECK_FALSE(Transaction::parse(ByteView(raw).first(size)));
  raw.push_back(0);
  CHECK(Transaction::parse(raw).error() == Error::TRAILING_DATA);
}

TEST_CASE("counts that the bytes cannot fill, odd flags and long lengths are refused") {
  CHECK(Transaction::parse(*fromHex("02000000feffffffff")).error() == Error::TRUNCATED);
  CHECK(Transaction::parse(*fromHex("02000000ffffffffffffffffff")).error() == Error::TRUNCATED);
  CHECK(Transaction::parse(*fromHex("02000000fd0100")).error() == Error::NON_CANONICAL);
  CHECK(Transaction::parse(*fromHex("0200000000020000000000")).error() == Error::BAD_TRANSACTION);
  // The segwit form without any witness.
  auto tx = *Transaction::parse(*fromHex(SEGWIT_TX));
  auto bytes = tx.serialize(Encoding::BASE);
  Bytes padded(bytes.begin(), bytes.begin() + 4);
  padded.push_back(0);
  padded.push_back(1);
  padded.insert(padded.end(), bytes.begin() + 4, bytes.end() - 4);
  padded.insert(padded.end(), {0, 0});
  padded.insert(padded.end(), bytes.end() - 4, bytes.end());
  CHECK(Transaction::parse(padded).error() == Error::NON_CANONICAL);
  CHECK_FALSE(Transaction::parse(*fromHex(SEGWIT_TX), Encoding::BASE));
}

TEST_CASE("amounts outside of 0 to 21 million bitcoin do not exist") {
  CHECK(Amount::of(Amount::MAX_SATOSHIS));
  CHECK(Amount::of(Amount::MAX_SATOSHIS + 1).error() == Error::AMOUNT_RANGE);
  CHECK(Amount::of(-1).error() == Error::AMOUNT_RANGE);
  auto most = *Amount::of(Amount::MAX_SATOSHIS);
  CHECK(most.plus(*Amount::of(1)).error() == Error::AMOUNT_RANGE);
  CHECK(Amount().minus(*Amount::of(1)).error() == Error::AMOUNT_RANGE);
  Transaction tx;
  tx.inputs.resize(1);
  tx.outputs = {{most, {}}, {*Amount::of(1), {}}};
  CHECK(tx.outputTotal().error() == Error::AMOUNT_RANGE);
  auto bytes = tx.serialize();
  CHECK(Transaction::parse(bytes));
  bytes[4 + 1 + 41 + 1 + 7] = 0xff;  // the first amount becomes negative
  CHECK(Transaction::parse(bytes).error() == Error::AMOUNT_RANGE);
}

TEST_CASE("the context-free rules refuse doubled inputs and false coinbases") {
  auto tx = *Transaction::parse(*fromHex(SEGWIT_TX));
  auto doubled = tx;
  doubled.inputs[1].previous = doubled.inputs[0].previous;
  CHECK(checkTransaction(doubled).error() == Error::BAD_TRANSACTION);
  auto null = tx;
  null.inputs[1].previous = {{}, 0xffffffff};
  CHECK(checkTransaction(null).error() == Error::BAD_TRANSACTION);
  auto empty = tx;
  empty.outputs.clear();
  CHECK(checkTransaction(empty).error() == Error::BAD_TRANSACTION);
}

TEST_CASE("the first block has its hash, its merkle root and its work") {
  auto raw = *fromHex(GENESIS);
  auto block = *Block::parse(raw);
  CHECK(block.serialize() == raw);
  CHECK(block.header.hash().hex() ==
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
  CHECK(merkleRootOf(block.transactions).root == block.header.merkleRoot);
  CHECK(block.header.hasWork(0x1d00ffff));
  CHECK(block.transactions[0].isCoinbase());
  auto other = block.header;
  other.nonce += 1;
  CHECK_FALSE(other.hasWork(0x1d00ffff));
  other = block.header;
  other.bits = 0x207fffff;
  CHECK_FALSE(other.hasWork(0x1d00ffff));
  for (std::size_t size = 0; size < raw.size(); ++size)
    CHECK_FALSE(Block::parse(ByteView(raw).first(size)));
}

TEST_CASE("a compact target expands as Core does, and impossible ones are refused") {
  CHECK(toHex(*expandTarget(0x1d00ffff)) == "00000000ffff" + std::string(52, '0'));
  CHECK(toHex(*expandTarget(0x207fffff)) == "7fffff" + std::string(58, '0'));
  CHECK(toHex(*expandTarget(0x03123456)) == std::string(58, '0') + "123456");
  CHECK(toHex(*expandTarget(0x02123456)) == std::string(60, '0') + "1234");
  CHECK_FALSE(expandTarget(0x04923456));
  CHECK_FALSE(expandTarget(0xff123456));
}

TEST_CASE("each leaf's branch leads to the merkle root, and no other leaf's does") {
  for (std::size_t count : {1, 2, 3, 5, 8, 13}) {
    std::vector<MerkleHash> leaves(count);
    for (std::size_t i = 0; i < count; ++i) leaves[i].bytes[0] = static_cast<std::uint8_t>(i + 1);
    auto root = merkleRoot(leaves).root;
    for (std::size_t i = 0; i < count; ++i) {
      auto branch = merkleBranch(leaves, i);
      CHECK(*merkleRootFromBranch({leaves[i].bytes}, branch, i) == root);
      if (count > 1)
        CHECK(*merkleRootFromBranch({leaves[(i + 1) % count].bytes}, branch, i) != root);
      CHECK_FALSE(
          merkleRootFromBranch({leaves[i].bytes}, branch, i + (std::size_t{1} << branch.size())));
    }
  }
  std::vector<MerkleHash> pair(2);
  CHECK(merkleRoot(pair).mutated);
}

TEST_CASE("Core's valid transactions are read and written back unchanged") {
  auto file = vectors("core/tx_valid.json");
  if (!file) return;
  int read = 0;
  for (const auto& row : file->as_array()) {
    if (row.as_array().size() != 3) continue;
    auto raw = *fromHex(row.as_array()[1].as_string());
    auto tx = Transaction::parse(raw);
    REQUIRE_MESSAGE(tx, row.as_array()[1].as_string().c_str());
    CHECK(tx->serialize() == raw);
    CHECK(checkTransaction(*tx));
    ++read;
  }
  CHECK(read > 100);
}

}  // namespace sallyport::bitcoin
