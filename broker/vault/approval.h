// What the user is shown before a signature, and the proof that the user said yes to exactly those
// bytes. Runs in the vault; values only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::vault {

using Digest = std::array<std::uint8_t, 32>;

struct Payment {
  std::string address;
  std::uint64_t amountSat = 0;
  bool own = false;  // proven to be an address of this wallet
};

// The vault's own reading of a transaction.
struct Summary {
  std::string walletName;
  std::string network;
  std::vector<Payment> payments;  // outputs that are not change
  std::uint64_t changeSat = 0;
  std::uint64_t feeSat = 0;
  std::uint64_t feeRateMilliSatPerVbyte = 0;
  std::uint64_t inputSat = 0;
  std::uint32_t inputs = 0;
  bool typeFee = false;  // over a quarter of the payments: a click is not enough
};

// Only the link to the user makes one, after the user accepted; the signer takes it apart again and
// compares the digest with the bytes that it holds.
class Approval {
 public:
  const Digest& digest() const { return m_digest; }

 private:
  friend class PromptLink;
  explicit Approval(const Digest& digest) : m_digest(digest) {}
  Digest m_digest;
};

}  // namespace sallyport::vault
