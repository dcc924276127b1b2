// The errors of the Bitcoin primitives and the Result they come in. Part of the pure library
// `bitcoin`, linked by broker and vault; trusts nothing: every input may be hostile. No error
// carries any of its input.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string_view>

namespace sallyport::bitcoin {

enum class Error : std::uint8_t {
  TRUNCATED,      // the bytes end too early
  TRAILING_DATA,  // bytes left over at the end
  NON_CANONICAL,  // a length or a number that is not written the shortest way
  TOO_LARGE,      // over a size limit
  BAD_HEX,
  BAD_BASE58,
  BAD_BECH32,
  BAD_CHECKSUM,
  WRONG_NETWORK,  // an address or extended key of another network
  BAD_ADDRESS,    // decodes, but is no kind of address we know; or a script that has no address
  AMOUNT_RANGE,   // negative, over 21 million bitcoin, or a sum that leaves that range
  BAD_TRANSACTION,
  BAD_BLOCK,
  BAD_ENTROPY,  // not 16, 20, 24, 28 or 32 bytes
  WORD_COUNT,   // not 12, 15, 18, 21 or 24 words
  UNKNOWN_WORD,
  MNEMONIC_CHECKSUM,
  NOT_ASCII,  // a BIP39 passphrase that would need Unicode normalisation
  BAD_PATH,
  HARDENED,  // a hardened step from a public key
  BAD_KEY,
  BAD_SIGNATURE,
  UNKNOWN_SIGHASH,
  BAD_INDEX,  // no such input or output
  BAD_PSBT,
  DUPLICATE_KEY,   // the same key twice in one PSBT map
  MISSING_UTXO,    // a PSBT input without the output that it spends
  UTXO_MISMATCH,   // non_witness_utxo has another txid, or both forms disagree
  NOT_SIGNED,      // finalise or extract before the signatures are there
  DIFFERENT_PSBT,  // combine of PSBTs for different transactions
  NOT_SUPPORTED,
  INSUFFICIENT_FUNDS,
  BUFFER_SIZE,  // the caller's output buffer is too small
};

std::string_view errorName(Error error) noexcept;

template <typename T>
using Result = boost::system::result<T, Error>;

// Found by Result<T>::value() on an error: a bug of ours, so it throws std::logic_error.
[[noreturn]] void throw_exception_from_error(Error error, const boost::source_location& where);

}  // namespace sallyport::bitcoin
