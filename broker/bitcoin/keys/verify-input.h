// Whether one input of a transaction may spend its output: P2PKH, P2WPKH, P2SH-P2WPKH, and P2TR by
// its key. Not a script interpreter; every other script is NOT_SUPPORTED. Part of `bitcoin_keys`.
#pragma once

#include "broker/bitcoin/keys/context.h"
#include "broker/bitcoin/sighash.h"

namespace sallyport::bitcoin::keys {

// `spent`: the outputs that the inputs spend, in order. BAD_SIGNATURE when it may not.
Result<void> verifyInput(const Context& context,
                         const Transaction& tx,
                         std::size_t input,
                         std::span<const TxOut> spent);

}  // namespace sallyport::bitcoin::keys
