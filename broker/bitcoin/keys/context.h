// libsecp256k1's context: made once a process, randomised against side channels. Part of
// `bitcoin_keys`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct secp256k1_context_struct;

namespace sallyport::bitcoin::keys {

class Context {
 public:
  // 32 fresh random bytes; their only use is blinding, results do not depend on them.
  explicit Context(std::span<const std::uint8_t, 32> randomness);

  const secp256k1_context_struct* get() const { return m_context.get(); }

 private:
  struct Free {
    void operator()(secp256k1_context_struct* context) const;
  };
  std::unique_ptr<secp256k1_context_struct, Free> m_context;
};

}  // namespace sallyport::bitcoin::keys
