// What a signature signs: the digests of legacy, segwit version 0 (BIP143) and taproot key path
// (BIP341) inputs. Part of the pure library `bitcoin`.
#pragma once

#include "broker/bitcoin/hash.h"
#include "broker/bitcoin/transaction.h"

namespace sallyport::bitcoin {

inline constexpr std::uint8_t SIGHASH_DEFAULT = 0;  // taproot only
inline constexpr std::uint8_t SIGHASH_ALL = 1;
inline constexpr std::uint8_t SIGHASH_NONE = 2;
inline constexpr std::uint8_t SIGHASH_SINGLE = 3;
inline constexpr std::uint8_t SIGHASH_ANYONECANPAY = 0x80;

// The digests take any hash type, as consensus does; who signs decides which it accepts.
Result<Digest32> legacySighash(const Transaction& tx,
                               std::size_t input,
                               ByteView scriptCode,
                               std::uint32_t hashType);

// scriptCode of P2WPKH: p2pkhScript(key hash). `amount` is that of the output which the input
// spends.
Result<Digest32> segwitSighash(const Transaction& tx,
                               std::size_t input,
                               ByteView scriptCode,
                               Amount amount,
                               std::uint32_t hashType);

// Key path without annex. `spent` are the outputs that the inputs spend, in order. UNKNOWN_SIGHASH
// for types that BIP341 does not know.
Result<Digest32> taprootSighash(const Transaction& tx,
                                std::size_t input,
                                std::span<const TxOut> spent,
                                std::uint8_t hashType);

}  // namespace sallyport::bitcoin
