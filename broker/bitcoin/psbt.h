// Partially signed transactions, version 0 (BIP174). Each map is kept as it came, by key, so that
// what is unknown survives; typed access is on top. Reading checks the form of every known field.
// Part of the pure library `bitcoin`; bytes may be hostile. That a signature is good, only
// bitcoin_keys can tell.
#pragma once

#include <map>
#include <optional>

#include "broker/bitcoin/hd.h"
#include "broker/bitcoin/transaction.h"

namespace sallyport::bitcoin {

inline constexpr std::size_t MAX_PSBT_BYTES = 8'000'000;

// Key (type and data, without its length) to value. Ordered, so the same content is always the same
// bytes.
using PsbtMap = std::map<Bytes, Bytes>;

struct KeyOrigin {
  Fingerprint fingerprint{};  // of the master key
  Path path;

  bool operator==(const KeyOrigin&) const = default;
};

struct KeyDerivation {
  PublicKey key{};
  KeyOrigin origin;
};

class PsbtInput {
 public:
  PsbtMap fields;

  bool operator==(const PsbtInput&) const = default;

  std::optional<Transaction> previousTransaction() const;  // non_witness_utxo
  void setPreviousTransaction(const Transaction& transaction);
  std::optional<TxOut> witnessUtxo() const;
  void setWitnessUtxo(const TxOut& output);
  std::optional<std::uint32_t> sighashType() const;
  void setSighashType(std::uint32_t type);
  std::optional<Bytes> redeemScript() const;
  void setRedeemScript(ByteView script);

  std::vector<KeyDerivation> derivations() const;  // of compressed keys
  void addDerivation(const KeyDerivation& derivation);
  // DER and the hash type byte behind it.
  std::optional<Bytes> partialSignature(const PublicKey& key) const;
  void addPartialSignature(const PublicKey& key, ByteView signature);
  std::size_t partialSignatureCount() const;

  bool isFinal() const;
  void setFinal(ByteView scriptSig, const std::vector<Bytes>& witness);
  Bytes finalScriptSig() const;
  std::vector<Bytes> finalWitness() const;
};

class PsbtOutput {
 public:
  PsbtMap fields;

  bool operator==(const PsbtOutput&) const = default;

  std::vector<KeyDerivation> derivations() const;
  void addDerivation(const KeyDerivation& derivation);
};

struct Psbt {
  Transaction tx;   // no scriptSigs, no witnesses
  PsbtMap globals;  // without the transaction
  std::vector<PsbtInput> inputs;
  std::vector<PsbtOutput> outputs;

  bool operator==(const Psbt&) const = default;

  static Result<Psbt> create(Transaction unsignedTransaction);
  static Result<Psbt> parse(ByteView bytes);
  Bytes serialize() const;

  // The output that an input spends, from the full previous transaction (checked against the
  // outpoint) or, when there is none, from witness_utxo alone. MISSING_UTXO, UTXO_MISMATCH.
  Result<TxOut> spentOutput(std::size_t input) const;
  // Inputs minus outputs; AMOUNT_RANGE when negative.
  Result<Amount> fee() const;

  // The union of PSBTs for one transaction; the first of two different values stays.
  static Result<Psbt> combine(std::span<const Psbt> parts);
  // P2WPKH, P2SH-P2WPKH and P2PKH inputs with their signature become final and lose what signing
  // needed. On an error nothing is changed.
  Result<void> finalize();
  Result<Transaction> extract() const;  // NOT_SIGNED when an input is not final
};

}  // namespace sallyport::bitcoin
