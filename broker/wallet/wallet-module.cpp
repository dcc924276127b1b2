// The names under which pages reach the wallet. Runs in the broker.
#include "broker/wallet/wallet-service.h"

namespace sallyport::wallet {

commands::Module makeModule(WalletService& service) {
  using commands::CommandOptions;
  using commands::OnAbandon;
  // Waits for a person in front of the prompt. A window that goes takes its question along: nobody
  // is to approve for a page that is dead. What was approved before runs to its end all the same.
  const CommandOptions WITH_PROMPT{std::chrono::minutes(10), OnAbandon::CANCEL};
  const CommandOptions STORES{std::chrono::seconds(30), OnAbandon::RUN_TO_END};

  commands::Module module("wallet", "A Bitcoin wallet whose keys stay in the vault.");
  module.add("cmd_create_wallet",
             "Makes a wallet. Its seed is shown once, by the prompt, and three of its words are "
             "asked back.",
             service,
             &WalletService::createWallet,
             WITH_PROMPT);
  module.add("cmd_list_wallets",
             "The identifiers of the wallets in the vault.",
             service,
             &WalletService::listWallets);
  module.add("cmd_select_wallet",
             "Makes a wallet the active one of this window.",
             service,
             &WalletService::selectWallet);
  module.add("cmd_get_balance",
             "What the active wallet holds, in satoshis; with `addr`, what this address of it "
             "holds, confirmed.",
             service,
             &WalletService::getBalance);
  module.add("cmd_generate_address",
             "Hands out the next unused address.",
             service,
             &WalletService::generateAddress,
             STORES);
  module.add("cmd_get_addresses",
             "The addresses that were handed out or used.",
             service,
             &WalletService::getAddresses);
  module.add("cmd_get_transaction_history",
             "Payments in and out, newest first.",
             service,
             &WalletService::getTransactionHistory);
  module.add("cmd_send_transaction",
             "Drafts a payment, or commits one: the user confirms it in the prompt, then it is "
             "signed and sent.",
             service,
             &WalletService::sendTransaction,
             WITH_PROMPT);
  module.add("cmd_unlock_wallet",
             "Asks for the passphrase in the prompt; with `ttl` 0, locks at once. True when the "
             "vault is unlocked.",
             service,
             &WalletService::unlockWallet,
             WITH_PROMPT);
  module.add("cmd_set_passphrase",
             "Sets or changes the passphrase, typed into the prompt.",
             service,
             &WalletService::setPassphrase,
             WITH_PROMPT);
  module.add("cmd_get_wallet_info",
             "The state of the active wallet.",
             service,
             &WalletService::getWalletInfo);
  module.addEvent("evt_wallet_changed",
                  "Something about the wallets is another by now: payments, balance, height, "
                  "addresses, lock.",
                  service.changed,
                  {commands::Queueing::LATEST, false});
  return module;
}

}  // namespace sallyport::wallet
