// Base58 and base58check. Part of the pure library `bitcoin`.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

inline constexpr std::size_t MAX_BASE58_CHARACTERS =
    512;  // the work grows with the square of the length

std::string encodeBase58(ByteView bytes);
Result<Bytes> decodeBase58(std::string_view text);

// With the first four bytes of SHA-256d behind the payload.
std::string encodeBase58Check(ByteView payload);
Result<Bytes> decodeBase58Check(std::string_view text);

}  // namespace sallyport::bitcoin
