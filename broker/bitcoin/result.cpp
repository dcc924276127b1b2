// Names of the errors; runs wherever the library is linked.
#include "broker/bitcoin/result.h"

#include <stdexcept>
#include <string>

namespace sallyport::bitcoin {

std::string_view errorName(Error error) noexcept {
  switch (error) {
    case Error::TRUNCATED:
      return "truncated";
    case Error::TRAILING_DATA:
      return "trailing-data";
    case Error::NON_CANONICAL:
      return "non-canonical";
    case Error::TOO_LARGE:
      return "too-large";
    case Error::BAD_HEX:
      return "bad-hex";
    case Error::BAD_BASE58:
      return "bad-base58";
    case Error::BAD_BECH32:
      return "bad-bech32";
    case Error::BAD_CHECKSUM:
      return "bad-checksum";
    case Error::WRONG_NETWORK:
      return "wrong-network";
    case Error::BAD_ADDRESS:
      return "bad-address";
    case Error::AMOUNT_RANGE:
      return "amount-range";
    case Error::BAD_TRANSACTION:
      return "bad-transaction";
    case Error::BAD_BLOCK:
      return "bad-block";
    case Error::BAD_ENTROPY:
      return "bad-entropy";
    case Error::WORD_COUNT:
      return "word-count";
    case Error::UNKNOWN_WORD:
      return "unknown-word";
    case Error::MNEMONIC_CHECKSUM:
      return "mnemonic-checksum";
    case Error::NOT_ASCII:
      return "not-ascii";
    case Error::BAD_PATH:
      return "bad-path";
    case Error::HARDENED:
      return "hardened";
    case Error::BAD_KEY:
      return "bad-key";
    case Error::BAD_SIGNATURE:
      return "bad-signature";
    case Error::UNKNOWN_SIGHASH:
      return "unknown-sighash";
    case Error::BAD_INDEX:
      return "bad-index";
    case Error::BAD_PSBT:
      return "bad-psbt";
    case Error::DUPLICATE_KEY:
      return "duplicate-key";
    case Error::MISSING_UTXO:
      return "missing-utxo";
    case Error::UTXO_MISMATCH:
      return "utxo-mismatch";
    case Error::NOT_SIGNED:
      return "not-signed";
    case Error::DIFFERENT_PSBT:
      return "different-psbt";
    case Error::NOT_SUPPORTED:
      return "not-supported";
    case Error::INSUFFICIENT_FUNDS:
      return "insufficient-funds";
    case Error::BUFFER_SIZE:
      return "buffer-size";
  }
  return "unknown";
}

void throw_exception_from_error(Error error, const boost::source_location&) {
  throw std::logic_error("bitcoin: value() on the error " + std::string(errorName(error)));
}

}  // namespace sallyport::bitcoin
