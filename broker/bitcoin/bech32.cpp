// The checksum and the regrouping of bits of BIP173; the constant of BIP350.
#include "broker/bitcoin/bech32.h"

#include <algorithm>

namespace sallyport::bitcoin {
namespace {

constexpr std::string_view CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t BECH32M_CONSTANT = 0x2bc830a3;
constexpr std::size_t CHECKSUM_SIZE = 6;

std::uint32_t polymod(ByteView values) {
  constexpr std::uint32_t GENERATOR[] = {
      0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  std::uint32_t c = 1;
  for (auto v : values) {
    auto top = c >> 25;
    c = (c & 0x1ffffff) << 5 ^ v;
    for (unsigned i = 0; i < 5; ++i)
      if ((top >> i & 1) != 0) c ^= GENERATOR[i];
  }
  return c;
}

Bytes expand(std::string_view hrp) {
  Bytes out;
  for (char c : hrp) out.push_back(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5));
  out.push_back(0);
  for (char c : hrp) out.push_back(static_cast<std::uint8_t>(c & 31));
  return out;
}

std::uint32_t constantOf(Bech32Variant variant) {
  return variant == Bech32Variant::BECH32 ? 1 : BECH32M_CONSTANT;
}

// From groups of `from` bits to groups of `to`. With padding the rest is filled with zeros;
// without, a rest must be shorter than a group and zero.
Result<Bytes> regroup(ByteView in, unsigned from, unsigned to, bool pad) {
  std::uint32_t accumulator = 0;
  unsigned bits = 0;
  Bytes out;
  for (auto v : in) {
    accumulator = (accumulator << from | v) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push_back(static_cast<std::uint8_t>(accumulator >> bits & ((1U << to) - 1)));
    }
  }
  auto rest = accumulator & ((1U << bits) - 1);
  if (pad) {
    if (bits > 0) out.push_back(static_cast<std::uint8_t>(rest << (to - bits)));
  } else if (bits >= from || rest != 0) {
    return Error::BAD_BECH32;
  }
  return out;
}

}  // namespace

Result<Bech32> decodeBech32(std::string_view text) {
  if (text.size() > MAX_BECH32_CHARACTERS) return Error::TOO_LARGE;
  bool lower = false;
  bool upper = false;
  std::string plain;
  for (char c : text) {
    if (c < 33 || c > 126) return Error::BAD_BECH32;
    lower = lower || (c >= 'a' && c <= 'z');
    upper = upper || (c >= 'A' && c <= 'Z');
    plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (lower && upper) return Error::BAD_BECH32;
  auto separator = plain.rfind('1');
  if (separator == std::string::npos || separator == 0 ||
      plain.size() - separator - 1 < CHECKSUM_SIZE)
    return Error::BAD_BECH32;
  Bech32 out;
  out.hrp = plain.substr(0, separator);
  for (char c : plain.substr(separator + 1)) {
    auto value = CHARSET.find(c);
    if (value == std::string_view::npos) return Error::BAD_BECH32;
    out.values.push_back(static_cast<std::uint8_t>(value));
  }
  auto all = expand(out.hrp);
  append(all, out.values);
  auto sum = polymod(all);
  if (sum == constantOf(Bech32Variant::BECH32)) {
    out.variant = Bech32Variant::BECH32;
  } else if (sum == constantOf(Bech32Variant::BECH32M)) {
    out.variant = Bech32Variant::BECH32M;
  } else {
    return Error::BAD_CHECKSUM;
  }
  out.values.resize(out.values.size() - CHECKSUM_SIZE);
  return out;
}

std::string encodeBech32(std::string_view hrp, Bech32Variant variant, ByteView values) {
  auto all = expand(hrp);
  append(all, values);
  all.resize(all.size() + CHECKSUM_SIZE, 0);
  auto sum = polymod(all) ^ constantOf(variant);
  std::string out(hrp);
  out.push_back('1');
  for (auto v : values) out.push_back(CHARSET[v & 31]);
  for (unsigned i = 0; i < CHECKSUM_SIZE; ++i) out.push_back(CHARSET[sum >> 5 * (5 - i) & 31]);
  return out;
}

Result<WitnessProgram> decodeSegwitAddress(std::string_view text) {
  auto plain = decodeBech32(text);
  if (!plain) return plain.error();
  if (plain->values.empty() || plain->values[0] > 16) return Error::BAD_BECH32;
  WitnessProgram out;
  out.hrp = plain->hrp;
  out.version = plain->values[0];
  auto program = regroup(ByteView(plain->values).subspan(1), 5, 8, false);
  if (!program) return program.error();
  out.program = std::move(*program);
  if (out.program.size() < 2 || out.program.size() > 40) return Error::BAD_BECH32;
  if (out.version == 0 && out.program.size() != 20 && out.program.size() != 32)
    return Error::BAD_BECH32;
  if ((out.version == 0) != (plain->variant == Bech32Variant::BECH32)) return Error::BAD_CHECKSUM;
  return out;
}

Result<std::string> encodeSegwitAddress(std::string_view hrp,
                                        std::uint8_t version,
                                        ByteView program) {
  if (version > 16 || program.size() < 2 || program.size() > 40) return Error::BAD_ADDRESS;
  if (version == 0 && program.size() != 20 && program.size() != 32) return Error::BAD_ADDRESS;
  auto groups = regroup(program, 8, 5, true);
  if (!groups) return groups.error();
  Bytes values{version};
  append(values, *groups);
  return encodeBech32(hrp, version == 0 ? Bech32Variant::BECH32 : Bech32Variant::BECH32M, values);
}

}  // namespace sallyport::bitcoin
