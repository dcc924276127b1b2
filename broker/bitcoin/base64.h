// Base64 as PSBTs are exchanged in text: padded, nothing but the alphabet. Part of the pure library
// `bitcoin`.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

std::string encodeBase64(ByteView bytes);
Result<Bytes> decodeBase64(std::string_view text);

}  // namespace sallyport::bitcoin
