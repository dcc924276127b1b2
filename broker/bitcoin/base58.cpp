// Schoolbook base conversion; lengths are bounded, so its quadratic cost is too.
#include "broker/bitcoin/base58.h"

#include <algorithm>

#include "broker/bitcoin/hash.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::string_view ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

}  // namespace

std::string encodeBase58(ByteView bytes) {
  Bytes digits;  // least significant first
  for (auto byte : bytes) {
    unsigned carry = byte;
    for (auto& d : digits) {
      carry += static_cast<unsigned>(d) << 8;
      d = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
  }
  auto zeros = static_cast<std::size_t>(
      std::find_if(bytes.begin(), bytes.end(), [](auto b) { return b != 0; }) - bytes.begin());
  std::string out(zeros, ALPHABET[0]);
  for (auto d = digits.rbegin(); d != digits.rend(); ++d) out.push_back(ALPHABET[*d]);
  return out;
}

Result<Bytes> decodeBase58(std::string_view text) {
  if (text.size() > MAX_BASE58_CHARACTERS) return Error::TOO_LARGE;
  Bytes little;
  for (char c : text) {
    auto position = ALPHABET.find(c);
    if (position == std::string_view::npos) return Error::BAD_BASE58;
    auto carry = static_cast<unsigned>(position);
    for (auto& b : little) {
      carry += static_cast<unsigned>(b) * 58;
      b = static_cast<std::uint8_t>(carry & 0xff);
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) little.push_back(static_cast<std::uint8_t>(carry & 0xff));
  }
  auto zeros = std::min(text.find_first_not_of(ALPHABET[0]), text.size());
  Bytes out(zeros, 0);
  out.insert(out.end(), little.rbegin(), little.rend());
  return out;
}

std::string encodeBase58Check(ByteView payload) {
  Bytes all = toBytes(payload);
  auto checksum = sha256d(payload);
  append(all, ByteView(checksum).first(4));
  return encodeBase58(all);
}

Result<Bytes> decodeBase58Check(std::string_view text) {
  auto all = decodeBase58(text);
  if (!all) return all.error();
  if (all->size() < 4) return Error::TRUNCATED;
  auto split = all->size() - 4;
  auto checksum = sha256d(ByteView(*all).first(split));
  if (!std::equal(all->begin() + static_cast<std::ptrdiff_t>(split), all->end(), checksum.begin()))
    return Error::BAD_CHECKSUM;
  all->resize(split);
  return all;
}

}  // namespace sallyport::bitcoin
