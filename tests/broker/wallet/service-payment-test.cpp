// Payments: drafted, approved, signed by the vault and sent, and each way in which they are not.
#include <doctest/doctest.h>

#include "tests/broker/wallet/service-fixture.h"

namespace sallyport::wallet {
namespace {

TEST_CASE_FIXTURE(RichFixture, "send signs and sends, and answers the txid") {
  const auto txid = value("cmd_send_transaction", pay(200'000, R"(,"label":"rent")"));
  const auto known = bitcoin::Txid::parse(std::string_view(txid.as_string())).value();
  CHECK(server.node.mempool().find(known) != nullptr);
  const auto tx = value("cmd_get_transaction_history").as_array()[0];
  CHECK(tx.at("direction").as_string() == "outgoing");
  CHECK(tx.at("state").as_string() == "pending");
  CHECK(tx.at("label").as_string() == "rent");
}

TEST_CASE_FIXTURE(RichFixture, "a draft asks nobody, and its commit pays exactly that") {
  const auto kept = value("cmd_send_transaction", pay(200'000, R"(,"stage":"draft")"));
  CHECK_FALSE(vault.called("sign"));
  CHECK(kept.at("expiresAt").as_int64() == now + 300);
  const auto id = std::string(kept.at("draftId").as_string());
  const auto txid = value("cmd_send_transaction", commit(id));
  const auto paid = bitcoin::Txid::parse(std::string_view(txid.as_string())).value();
  const auto* entry = server.node.mempool().find(paid);
  REQUIRE(entry != nullptr);
  CHECK(entry->fee == kept.at("fee").as_int64());
  refused(Code::NOT_FOUND, "There is no such draft", "cmd_send_transaction", commit(id));
}

TEST_CASE_FIXTURE(RichFixture,
                  "a draft cannot be changed, nor committed twice, late or elsewhere") {
  const auto id = draft(200'000);
  refused(Code::INVALID_ARGUMENT,
          "draftId: a draft is committed as it is",
          "cmd_send_transaction",
          pay(900'000, R"(,"stage":"commit","draftId":")" + id + "\""));
  refused(Code::INVALID_ARGUMENT,
          "draftId: a draft is committed as it is",
          "cmd_send_transaction",
          R"({"stage":"commit","feeRate":2000,"draftId":")" + id + "\"}");
  refused(Code::INVALID_ARGUMENT,
          "draftId: only with stage",
          "cmd_send_transaction",
          R"({"draftId":")" + id + "\"}");
  refused(
      Code::INVALID_ARGUMENT, "draftId: missing", "cmd_send_transaction", R"({"stage":"commit"})");
  start("cmd_select_wallet", R"({"id":"0123456789abcdef"})", "side").wait(waitScope).value();
  const auto elsewhere = start("cmd_send_transaction", commit(id), "side").wait(waitScope);
  CHECK(elsewhere.error().code == Code::NOT_FOUND);
  now -= 86'400;  // the clock on the wall has no say
  timer.advanceTo(timer.now() + 300 * kj::SECONDS);
  refused(Code::NOT_FOUND, "There is no such draft", "cmd_send_transaction", commit(id));
  CHECK_FALSE(vault.called("sign"));
}

TEST_CASE_FIXTURE(RichFixture, "a draft whose coins were spent meanwhile is a conflict") {
  const auto id = draft(200'000);
  value("cmd_send_transaction", pay(300'000));
  vault.calls.clear();
  refused(Code::CONFLICT, "A coin of this draft was spent", "cmd_send_transaction", commit(id));
  CHECK_FALSE(vault.called("sign"));
}

TEST_CASE_FIXTURE(RichFixture, "nothing is sent that was not signed") {
  const auto nothingSent = [&] {
    for (const auto& asked : server.asked) CHECK(asked.method == "GET");
    CHECK(value("cmd_get_balance").at("confirmed") == json::value(1'000'000));
  };
  vault.fails = proto::Failure::DECLINED;
  refused(Code::DECLINED, "It was declined", "cmd_send_transaction", pay(200'000));
  vault.fails = proto::Failure::LOCKED;
  refused(Code::LOCKED, "The wallet is locked", "cmd_send_transaction", pay(200'000));
  vault.fails = proto::Failure::BUSY;
  refused(Code::RATE_LIMITED, "Another question", "cmd_send_transaction", pay(200'000));
  vault.fails = proto::Failure::NONE;
  vault.refuses = proto::SignRefusal::FEE_TOO_HIGH;
  refused(Code::LIMIT, "The vault refuses the fee", "cmd_send_transaction", pay(200'000));
  vault.refuses = proto::SignRefusal::FALSE_CHANGE;
  refused(Code::CONFLICT, "The vault refuses to sign", "cmd_send_transaction", pay(200'000));
  nothingSent();
}

TEST_CASE_FIXTURE(RichFixture, "a signature for another payment is not sent") {
  vault.changeSigned = [](bitcoin::Transaction& tx) { tx.lockTime += 1; };
  refused(Code::INTERNAL, "The vault signed something else", "cmd_send_transaction", pay(200'000));
  for (const auto& asked : server.asked) CHECK(asked.method == "GET");
}

TEST_CASE_FIXTURE(RichFixture, "a vault that dies while the user thinks is unavailable") {
  auto paf = kj::newPromiseAndFulfiller<void>();
  vault.holdSign = kj::mv(paf.promise);
  auto sending = start("cmd_send_transaction", pay(200'000));
  CHECK_FALSE(sending.poll(waitScope));
  CHECK(vault.called("sign"));
  vault.dead = true;
  paf.fulfiller->fulfill();
  const auto reply = sending.wait(waitScope);
  CHECK(reply.error().code == Code::UNAVAILABLE);
  CHECK(value("cmd_get_balance").at("confirmed") == json::value(1'000'000));
}

TEST_CASE_FIXTURE(OpenFixture, "without a server nothing is paid") {
  server.down = true;
  poll();
  refused(Code::UNAVAILABLE, "The wallet is not up to date", "cmd_send_transaction", pay(10'000));
  CHECK(value("cmd_get_wallet_info").at("synced") == json::value(false));
}

TEST_CASE_FIXTURE(RichFixture, "a window that dies before the yes has signed nothing") {
  auto person = kj::newPromiseAndFulfiller<void>();
  vault.holdSign = kj::mv(person.promise);
  {
    auto payment = start("cmd_send_transaction", pay(10'000));
    loop.run();
    CHECK(vault.called("sign"));
  }
  const auto before = server.node.mempool().size();
  CHECK_FALSE(person.fulfiller->isWaiting());  // the question was taken back
  loop.run();
  CHECK(server.node.mempool().size() == before);
}

TEST_CASE_FIXTURE(RichFixture, "a payment that was approved is made although its window dies") {
  auto disk = kj::newPromiseAndFulfiller<void>();
  vault.holdStoring = kj::mv(disk.promise);
  {
    auto payment = start("cmd_send_transaction", pay(10'000));
    loop.run();
    CHECK(vault.called("putRecords"));
  }
  auto done = service.paymentsDone();
  CHECK_FALSE(done.poll(waitScope));
  disk.fulfiller->fulfill();
  done.wait(waitScope);
  CHECK(value("cmd_get_transaction_history").as_array().size() == 2);
}

}  // namespace
}  // namespace sallyport::wallet
