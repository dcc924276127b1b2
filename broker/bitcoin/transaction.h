// Transactions: values, strict reading, writing, ids and sizes. Part of the pure library `bitcoin`;
// bytes may be hostile.
#pragma once

#include "broker/bitcoin/amount.h"
#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

inline constexpr std::size_t MAX_TRANSACTION_BYTES = 4'000'000;
inline constexpr std::uint32_t SEQUENCE_FINAL = 0xffffffff;
inline constexpr std::uint32_t SEQUENCE_RBF =
    0xfffffffd;  // opts into replacement, leaves nLockTime in force

struct OutPoint {
  Txid txid;
  std::uint32_t index = 0;

  auto operator<=>(const OutPoint&) const = default;
  bool isNull() const { return index == 0xffffffff && txid.isZero(); }  // what a coinbase spends
};

struct TxIn {
  OutPoint previous;
  Bytes scriptSig;
  std::uint32_t sequence = SEQUENCE_FINAL;
  std::vector<Bytes> witness;

  bool operator==(const TxIn&) const = default;
};

struct TxOut {
  Amount value;
  Bytes script;

  bool operator==(const TxOut&) const = default;
};

enum class Encoding : std::uint8_t {
  WITNESS,  // the network's: with witnesses where there are any
  BASE,     // without: what a txid is made of, and what a PSBT holds
};

struct Transaction {
  std::int32_t version = 2;
  std::vector<TxIn> inputs;
  std::vector<TxOut> outputs;
  std::uint32_t lockTime = 0;

  bool operator==(const Transaction&) const = default;

  // The whole of `bytes`, nothing left over. BASE refuses witnesses and takes a transaction without
  // inputs.
  static Result<Transaction> parse(ByteView bytes, Encoding encoding = Encoding::WITNESS);
  Bytes serialize(Encoding encoding = Encoding::WITNESS) const;

  bool hasWitness() const;
  bool isCoinbase() const { return inputs.size() == 1 && inputs[0].previous.isNull(); }
  Txid txid() const;
  Wtxid wtxid() const;
  std::size_t baseSize() const;
  std::size_t totalSize() const;
  std::size_t weight() const { return baseSize() * 3 + totalSize(); }
  std::size_t vsize() const { return (weight() + 3) / 4; }
  Result<Amount> outputTotal() const;
};

class Reader;
// One transaction from a longer stream (a block).
Result<Transaction> readTransaction(Reader& reader, Encoding encoding);

// The rules that need no context: inputs and outputs are there, none spent twice, amounts in range,
// coinbase as it must be.
Result<void> checkTransaction(const Transaction& transaction);

}  // namespace sallyport::bitcoin
