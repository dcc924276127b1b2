// From a PSBT that the broker made to a signed transaction. The vault reads the bytes itself,
// refuses what it cannot prove to be harmless, and signs only what was approved. Runs in the vault;
// pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/vault/approval.h"
#include "broker/vault/outcome.h"
#include "broker/vault/secret-buffer.h"
#include "broker/vault/wallet-store.h"

namespace sallyport::vault {

using SignStop = std::variant<Failure, proto::SignRefusal>;

struct Signed {
  Bytes psbt;         // finalised
  Bytes transaction;  // network form
};

using SignOutcome = boost::system::result<Signed, SignStop>;

// Below the account: chain 0 receives, chain 1 is change.
struct SigningKey {
  std::uint32_t chain;
  std::uint32_t index;
};

// PSBT bytes that passed every check, with the vault's reading of them. Immutable.
class SigningRequest {
 public:
  static constexpr std::uint64_t MAX_FEE_SAT = 1'000'000;             // 0.01 BTC
  static constexpr std::uint64_t MAX_FEE_RATE_MILLI_SAT = 2'000'000;  // 2,000 sat/vB
  // A fee over this part of the payments has to be typed by the user (wallet.md, caps).
  static constexpr std::uint64_t FEE_SHARE = 4;

  static boost::system::result<SigningRequest, SignStop> read(const Wallet& wallet, Bytes psbt);

  const Summary& summary() const { return m_summary; }
  const Digest& digest() const { return m_digest; }

  // Consumes the request: one approval, one signature of exactly the bytes that were read.
  SignOutcome sign(const Approval& approval, const SecretBuffer& entropy) &&;

 private:
  SigningRequest() = default;

  Bytes m_bytes;
  Digest m_digest{};
  Summary m_summary;
  proto::Network m_network{};
  std::vector<SigningKey> m_keys;  // one an input
};

}  // namespace sallyport::vault
