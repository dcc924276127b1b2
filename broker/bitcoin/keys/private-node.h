// BIP32 with private keys. A node is 64 bytes in the caller's (locked) memory: the key, then the
// chain code. Nothing here keeps, copies or prints one; temporaries are wiped. Part of
// `bitcoin_keys`.
#pragma once

#include "broker/bitcoin/hd.h"
#include "broker/bitcoin/keys/context.h"

namespace sallyport::bitcoin::keys {

inline constexpr std::size_t NODE_BYTES = 64;
using NodeView = std::span<const std::uint8_t, NODE_BYTES>;
using NodeSpan = std::span<std::uint8_t, NODE_BYTES>;
using SecretView = std::span<const std::uint8_t, 32>;

inline SecretView keyOf(NodeView node) { return node.first<32>(); }

// From a seed of 16 to 64 bytes. On any error `out` is wiped.
Result<void> masterNode(const Context& context, ByteView seed, NodeSpan out);
// `out` may be `parent`.
Result<void> deriveChild(const Context& context,
                         NodeView parent,
                         std::uint32_t index,
                         NodeSpan out);
Result<void> derivePath(const Context& context, NodeView from, const Path& path, NodeSpan out);

// The public half of a node that has these places in its tree.
Result<ExtendedPublicKey> publicNode(const Context& context,
                                     NodeView node,
                                     std::uint8_t depth,
                                     const Fingerprint& parent,
                                     std::uint32_t index);
// The public half of the node at `path` from the master, with depth, parent and index set.
Result<ExtendedPublicKey> accountKey(const Context& context, NodeView master, const Path& path);

}  // namespace sallyport::bitcoin::keys
