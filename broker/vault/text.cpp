#include "broker/vault/text.h"

#include <proto/vault.capnp.h>

namespace sallyport::vault {
namespace {

// Takes one character off the front; null when it is malformed.
std::optional<char32_t> takeCharacter(std::span<const std::uint8_t>& bytes) {
  const std::uint8_t lead = bytes[0];
  const std::size_t length = lead == 0     ? 0
                             : lead < 0x80 ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || bytes.size() < length) return std::nullopt;
  char32_t value = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (bytes[i] & 0x3F);
  }
  constexpr char32_t SMALLEST[] = {0, 1, 0x80, 0x800, 0x10000};
  if (value < SMALLEST[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return std::nullopt;
  }
  bytes = bytes.subspan(length);
  return value;
}

bool isDeceptive(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x61C ||
         (c >= 0x115F && c <= 0x1160) || (c >= 0x17B4 && c <= 0x17B5) ||
         (c >= 0x180B && c <= 0x180F) || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
         c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xFFF0 && c <= 0xFFFF) || c >= 0xE0000;
}

}  // namespace

std::optional<std::size_t> countCharacters(std::span<const std::uint8_t> bytes) {
  std::size_t count = 0;
  for (; !bytes.empty(); ++count) {
    if (!takeCharacter(bytes)) return std::nullopt;
  }
  return count;
}

bool isWalletName(std::string_view name) {
  if (name.empty() || name.size() > proto::MAX_WALLET_NAME_BYTES) return false;
  if (name.front() == ' ' || name.back() == ' ') return false;
  std::span<const std::uint8_t> rest(reinterpret_cast<const std::uint8_t*>(name.data()),
                                     name.size());
  while (!rest.empty()) {
    const auto character = takeCharacter(rest);
    if (!character || isDeceptive(*character)) return false;
  }
  return true;
}

}  // namespace sallyport::vault
