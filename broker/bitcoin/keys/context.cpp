// Start-up of libsecp256k1.
#include "broker/bitcoin/keys/context.h"

#include <secp256k1.h>

#include <stdexcept>

namespace sallyport::bitcoin::keys {

void Context::Free::operator()(secp256k1_context_struct* context) const {
  secp256k1_context_destroy(context);
}

// The flags are those that 0.1 needed for signing; later versions take them for "everything".
Context::Context(std::span<const std::uint8_t, 32> randomness)
    : m_context(secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)) {
  if (!m_context || secp256k1_context_randomize(m_context.get(), randomness.data()) != 1)
    throw std::runtime_error("libsecp256k1: no context");
}

}  // namespace sallyport::bitcoin::keys
