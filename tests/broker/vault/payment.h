// A payment that the vault should sign: two inputs of the wallet, one payee, one change; and the
// ways to spoil it.
#pragma once

#include <string>
#include <vector>

#include "broker/bitcoin/psbt.h"

namespace sallyport::vault {

using Bytes = std::vector<std::uint8_t>;

class TestPayment {
 public:
  explicit TestPayment(const std::string& xpub);

  Bytes bytes() const { return psbt.serialize(); }
  std::string payeeAddress() const;

  // The key of an input's derivation field, as PSBT maps have it.
  Bytes derivationField(std::size_t input) const;
  // The same key, said to be at another path from the master.
  void claimInput(std::size_t input, const bitcoin::Path& path);
  // The output is said to be ours at this path from the account, with the key that is there.
  void claimOutput(std::size_t output, const bitcoin::Path& fromAccount);
  void payOwn(std::size_t output, std::uint32_t chain, std::uint32_t index);
  // The input's previous output becomes somebody else's, its claim stays.
  void spendForeign(std::size_t input);
  void fund(std::size_t input, std::int64_t satoshis);
  void addPayees(std::size_t count);
  void setFee(std::int64_t satoshis);  // at the expense of the change

  bitcoin::Psbt psbt;

 private:
  bitcoin::KeyDerivation derivation(const bitcoin::Path& fromAccount) const;
  void spend(std::size_t input, const Bytes& script, std::int64_t satoshis);

  bitcoin::ExtendedPublicKey m_account;
};

}  // namespace sallyport::vault
