// A ledger over the test wallet's account, and transactions for it that nobody signed.
#pragma once

#include "broker/wallet/ledger.h"
#include "tests/broker/wallet/test-keys.h"

namespace sallyport::wallet {

inline bitcoin::TxOut out(std::int64_t satoshis, bitcoin::Bytes script) {
  return {bitcoin::Amount::of(satoshis).value(), std::move(script)};
}

struct LedgerFixture {
  TestKeys keys;
  Account account = keys.account();
  Ledger ledger{[this](bitcoin::ByteView script) { return account.owner(script); }};
  std::int64_t height = 1000;
  std::uint8_t nextForeign = 1;

  LedgerFixture() {
    account.deriveTo(false, Account::GAP_LIMIT);
    account.deriveTo(true, Account::GAP_LIMIT);
  }

  bitcoin::Bytes receive(std::uint32_t index) { return account.script({false, index}); }
  bitcoin::Bytes change(std::uint32_t index) { return account.script({true, index}); }

  // A coin that is not ours, a fresh one each time.
  bitcoin::OutPoint foreignCoin() {
    bitcoin::OutPoint outpoint;
    outpoint.txid.bytes.fill(nextForeign++);
    return outpoint;
  }

  static bitcoin::Transaction transaction(std::vector<bitcoin::OutPoint> coins,
                                          std::vector<bitcoin::TxOut> outputs) {
    bitcoin::Transaction tx;
    for (const auto& coin : coins) tx.inputs.push_back({coin, {}, bitcoin::SEQUENCE_RBF, {}});
    tx.outputs = std::move(outputs);
    return tx;
  }

  bitcoin::Transaction coinbase(std::int64_t satoshis) {
    bitcoin::OutPoint null;
    null.index = 0xffffffff;
    auto tx = transaction({null}, {out(satoshis, receive(0))});
    tx.inputs[0].scriptSig = {nextForeign++, 0};
    return tx;
  }

  // In a block at this height (so many confirmations), or in none.
  bitcoin::Txid put(bitcoin::Transaction tx,
                    std::optional<std::int64_t> at,
                    std::int64_t firstSeen = 100) {
    KnownTx known;
    known.transaction = std::move(tx);
    if (at) known.placement = Placement{*at, {}, 1'700'000'000 + *at};
    known.firstSeen = firstSeen;
    const auto txid = known.transaction.txid();
    ledger.put(std::move(known));
    return txid;
  }

  bitcoin::Txid receivePayment(std::int64_t satoshis,
                               std::optional<std::int64_t> at,
                               std::uint32_t index = 0) {
    return put(transaction({foreignCoin()}, {out(satoshis, receive(index))}), at);
  }

  std::vector<Tx> history() {
    return ledger.history(height, [](bitcoin::ByteView script) {
      return bitcoin::encodeAddress(script, bitcoin::Network::REGTEST).value();
    });
  }
};

}  // namespace sallyport::wallet
