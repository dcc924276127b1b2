// RFC 4648, section 4, with the unused bits of the last digit required to be zero.
#include "broker/bitcoin/base64.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::string_view ALPHABET =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encodeBase64(ByteView bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto left = bytes.size() - i;
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (left > 1) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (left > 2) group |= bytes[i + 2];
    out.push_back(ALPHABET[group >> 18]);
    out.push_back(ALPHABET[group >> 12 & 63]);
    out.push_back(left > 1 ? ALPHABET[group >> 6 & 63] : '=');
    out.push_back(left > 2 ? ALPHABET[group & 63] : '=');
  }
  return out;
}

Result<Bytes> decodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return Error::NON_CANONICAL;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    auto value = ALPHABET.find(c);
    if (value == std::string_view::npos) return Error::NON_CANONICAL;
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(group >> bits & 0xff));
    group &= (1U << bits) - 1;
  }
  if (group != 0) return Error::NON_CANONICAL;
  return out;
}

}  // namespace sallyport::bitcoin
