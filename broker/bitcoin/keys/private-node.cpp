// Private derivation by libsecp256k1.
#include "broker/bitcoin/keys/private-node.h"

#include <secp256k1.h>

#include <algorithm>

#include "broker/bitcoin/keys/ecdsa.h"

namespace sallyport::bitcoin::keys {
namespace {

void putBigEndian(std::span<std::uint8_t, 4> out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i) & 0xff);
}

}  // namespace

Result<void> masterNode(const Context& context, ByteView seed, NodeSpan out) {
  wipe(out);
  if (seed.size() < 16 || seed.size() > 64) return Error::BAD_ENTROPY;
  hmacSha512(asBytes("Bitcoin seed"), seed, out);
  if (secp256k1_ec_seckey_verify(context.get(), out.data()) != 1) {
    wipe(out);
    return Error::BAD_KEY;
  }
  return {};
}

Result<void> deriveChild(const Context& context,
                         NodeView parent,
                         std::uint32_t index,
                         NodeSpan out) {
  // For a hardened step: 0, the private key, the index. For others the public key stands for the
  // first two.
  std::array<std::uint8_t, 37> data{};
  std::array<std::uint8_t, NODE_BYTES> mac;
  Wiper dataWiper(data);
  Wiper macWiper(mac);
  if ((index & HARDENED_BIT) != 0) {
    std::copy_n(parent.begin(), 32, data.begin() + 1);
  } else {
    auto key = publicKey(context, keyOf(parent));
    if (!key) {
      wipe(out);
      return key.error();
    }
    std::copy(key->begin(), key->end(), data.begin());
  }
  putBigEndian(std::span(data).subspan<33, 4>(), index);
  hmacSha512(parent.subspan<32>(), data, mac);
  std::array<std::uint8_t, 32> key;
  Wiper keyWiper(key);
  std::copy_n(parent.begin(), 32, key.begin());
  if (secp256k1_ec_seckey_tweak_add(context.get(), key.data(), mac.data()) != 1) {
    wipe(out);
    return Error::BAD_KEY;
  }
  std::copy(key.begin(), key.end(), out.begin());
  std::copy_n(mac.begin() + 32, 32, out.begin() + 32);
  return {};
}

Result<void> derivePath(const Context& context, NodeView from, const Path& path, NodeSpan out) {
  if (path.size() > MAX_PATH_STEPS) return Error::BAD_PATH;
  if (from.data() != out.data()) std::copy(from.begin(), from.end(), out.begin());
  for (auto step : path)
    if (auto done = deriveChild(context, out, step, out); !done) return done;
  return {};
}

Result<ExtendedPublicKey> publicNode(const Context& context,
                                     NodeView node,
                                     std::uint8_t depth,
                                     const Fingerprint& parent,
                                     std::uint32_t index) {
  auto key = publicKey(context, keyOf(node));
  if (!key) return key.error();
  ExtendedPublicKey out;
  out.depth = depth;
  out.parent = parent;
  out.index = index;
  std::copy_n(node.begin() + 32, 32, out.chainCode.begin());
  out.key = *key;
  return out;
}

Result<ExtendedPublicKey> accountKey(const Context& context, NodeView master, const Path& path) {
  if (path.size() > MAX_PATH_STEPS) return Error::BAD_PATH;
  std::array<std::uint8_t, NODE_BYTES> node;
  Wiper wiper(node);
  std::copy(master.begin(), master.end(), node.begin());
  if (path.empty()) return publicNode(context, node, 0, {}, 0);
  Path above(path.begin(), path.end() - 1);
  if (auto done = derivePath(context, node, above, node); !done) return done.error();
  auto parent = publicKey(context, keyOf(NodeView(node)));
  if (!parent) return parent.error();
  if (auto done = deriveChild(context, node, path.back(), node); !done) return done.error();
  return publicNode(
      context, node, static_cast<std::uint8_t>(path.size()), fingerprintOf(*parent), path.back());
}

}  // namespace sallyport::bitcoin::keys
