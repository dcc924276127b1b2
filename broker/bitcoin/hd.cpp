// Public derivation. The one curve operation (adding a public point) is OpenSSL's, which every
// process links anyway, so that processes without keys need no signing library.
#include "broker/bitcoin/hd.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "broker/bitcoin/base58.h"
#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {
namespace {

struct OpensslFree {
  void operator()(EC_GROUP* p) const { EC_GROUP_free(p); }
  void operator()(EC_POINT* p) const { EC_POINT_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
};
template <typename T>
using Openssl = std::unique_ptr<T, OpensslFree>;

const EC_GROUP* curve() {
  static const Openssl<EC_GROUP> GROUP(EC_GROUP_new_by_curve_name(NID_secp256k1));
  if (!GROUP) throw std::runtime_error("OpenSSL has no secp256k1");
  return GROUP.get();
}

// Nothing when the bytes are not a point.
Openssl<EC_POINT> pointOf(ByteView bytes) {
  Openssl<EC_POINT> point(EC_POINT_new(curve()));
  if (!point) throw std::bad_alloc();
  if (EC_POINT_oct2point(curve(), point.get(), bytes.data(), bytes.size(), nullptr) != 1)
    point.reset();
  return point;
}

// key + tweak * G; BAD_KEY in the one case in 2^127 that BIP32 tells to skip.
Result<PublicKey> addTweak(const PublicKey& key, ByteView tweak) {
  auto point = pointOf(key);
  if (!point) return Error::BAD_KEY;
  Openssl<BIGNUM> scalar(BN_bin2bn(tweak.data(), static_cast<int>(tweak.size()), nullptr));
  if (!scalar) throw std::bad_alloc();
  if (BN_cmp(scalar.get(), EC_GROUP_get0_order(curve())) >= 0) return Error::BAD_KEY;
  Openssl<EC_POINT> sum(EC_POINT_new(curve()));
  if (!sum ||
      EC_POINT_mul(curve(), sum.get(), scalar.get(), point.get(), BN_value_one(), nullptr) != 1)
    throw std::runtime_error("OpenSSL: point multiplication failed");
  if (EC_POINT_is_at_infinity(curve(), sum.get()) == 1) return Error::BAD_KEY;
  PublicKey out;
  if (EC_POINT_point2oct(
          curve(), sum.get(), POINT_CONVERSION_COMPRESSED, out.data(), out.size(), nullptr) !=
      out.size())
    throw std::runtime_error("OpenSSL: point encoding failed");
  return out;
}

void writeBigEndian(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift & 0xff));
}

std::uint32_t readBigEndian(ByteView bytes) {
  std::uint32_t out = 0;
  for (auto b : bytes.first(4)) out = out << 8 | b;
  return out;
}

constexpr std::size_t EXTENDED_KEY_BYTES = 78;

}  // namespace

Result<Path> parsePath(std::string_view text) {
  Path out;
  if (text == "m" || text == "m/") return out;
  if (text.starts_with("m/")) text.remove_prefix(2);
  while (true) {
    auto slash = text.find('/');
    auto step = text.substr(0, slash);
    bool hard = step.ends_with('\'') || step.ends_with('h') || step.ends_with('H');
    if (hard) step.remove_suffix(1);
    std::uint32_t index = 0;
    auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    if (error != std::errc() || end != step.data() + step.size() || index >= HARDENED_BIT)
      return Error::BAD_PATH;
    if (out.size() == MAX_PATH_STEPS) return Error::BAD_PATH;
    out.push_back(hard ? hardened(index) : index);
    if (slash == std::string_view::npos) return out;
    text.remove_prefix(slash + 1);
  }
}

std::string formatPath(const Path& path) {
  std::string out = "m";
  for (auto step : path) {
    out += '/' + std::to_string(step & ~HARDENED_BIT);
    if ((step & HARDENED_BIT) != 0) out += '\'';
  }
  return out;
}

Result<PublicKey> parsePublicKey(ByteView bytes) {
  PublicKey out;
  if (bytes.size() != out.size() || (bytes[0] != 2 && bytes[0] != 3) || !pointOf(bytes))
    return Error::BAD_KEY;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Fingerprint fingerprintOf(const PublicKey& key) {
  auto hash = hash160(key);
  Fingerprint out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

Result<ExtendedPublicKey> ExtendedPublicKey::parse(std::string_view text, Network network) {
  auto raw = decodeBase58Check(text);
  if (!raw) return raw.error();
  if (raw->size() != EXTENDED_KEY_BYTES) return Error::BAD_KEY;
  ByteView bytes(*raw);
  if (readBigEndian(bytes) != parametersOf(network).xpubVersion) return Error::WRONG_NETWORK;
  ExtendedPublicKey out;
  out.depth = bytes[4];
  std::copy_n(bytes.begin() + 5, 4, out.parent.begin());
  out.index = readBigEndian(bytes.subspan(9));
  std::copy_n(bytes.begin() + 13, 32, out.chainCode.begin());
  auto key = parsePublicKey(bytes.subspan(45));
  if (!key) return key.error();
  out.key = *key;
  // A root has no parent (BIP32, test vector 5).
  if (out.depth == 0 && (out.parent != Fingerprint{} || out.index != 0)) return Error::BAD_KEY;
  return out;
}

std::string ExtendedPublicKey::encode(Network network) const {
  Bytes out;
  writeBigEndian(out, parametersOf(network).xpubVersion);
  out.push_back(depth);
  append(out, parent);
  writeBigEndian(out, index);
  append(out, chainCode);
  append(out, key);
  return encodeBase58Check(out);
}

Result<ExtendedPublicKey> ExtendedPublicKey::child(std::uint32_t number) const {
  if ((number & HARDENED_BIT) != 0) return Error::HARDENED;
  if (depth == 0xff) return Error::BAD_PATH;
  Bytes data = toBytes(key);
  writeBigEndian(data, number);
  std::array<std::uint8_t, 64> mac;
  hmacSha512(chainCode, data, mac);
  auto next = addTweak(key, ByteView(mac).first(32));
  if (!next) return next.error();
  ExtendedPublicKey out;
  out.depth = static_cast<std::uint8_t>(depth + 1);
  out.parent = fingerprintOf(key);
  out.index = number;
  std::copy_n(mac.begin() + 32, 32, out.chainCode.begin());
  out.key = *next;
  return out;
}

Result<ExtendedPublicKey> ExtendedPublicKey::derive(const Path& path) const {
  Result<ExtendedPublicKey> out = *this;
  for (auto step : path) {
    out = out->child(step);
    if (!out) return out;
  }
  return out;
}

}  // namespace sallyport::bitcoin
