// The wallet commands as a page calls them: JSON in, JSON or an error out.
#include <doctest/doctest.h>

#include "tests/broker/wallet/service-fixture.h"

namespace sallyport::wallet {
namespace {

const char* const ALL[] = {"cmd_create_wallet",
                           "cmd_list_wallets",
                           "cmd_select_wallet",
                           "cmd_get_balance",
                           "cmd_generate_address",
                           "cmd_get_addresses",
                           "cmd_get_transaction_history",
                           "cmd_send_transaction",
                           "cmd_unlock_wallet",
                           "cmd_set_passphrase",
                           "cmd_get_wallet_info"};

TEST_CASE_FIXTURE(ServiceFixture,
                  "there are eleven commands, and each refuses what it does not know") {
  CHECK(registry.commands().size() == std::size(ALL));
  for (const char* name : ALL) {
    REQUIRE(registry.find(name) != nullptr);
    const auto reply = call(name, R"({"seed":1})");
    REQUIRE(reply.has_error());
    CHECK(reply.error().code == Code::INVALID_ARGUMENT);
    CHECK(reply.error().message.find("seed") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(ServiceFixture, "without a selected wallet the commands for one say so") {
  for (const char* name : {"cmd_get_balance",
                           "cmd_generate_address",
                           "cmd_get_addresses",
                           "cmd_get_transaction_history",
                           "cmd_get_wallet_info"})
    refused(Code::NOT_FOUND, "No wallet is selected", name);
  refused(Code::NOT_FOUND, "No wallet is selected", "cmd_send_transaction", pay(10'000));
  CHECK(vault.calls.empty());
}

TEST_CASE_FIXTURE(ServiceFixture, "a selection is of one window, and of no other") {
  select();
  const auto other = start("cmd_get_balance", "{}", "side").wait(waitScope);
  CHECK(other.error().code == Code::NOT_FOUND);
  CHECK(call("cmd_get_balance").has_value());
}

TEST_CASE_FIXTURE(ServiceFixture, "create makes a wallet and opens it in this window") {
  vault.haveWallet = false;
  const auto id =
      value("cmd_create_wallet",
            R"({"name":"savings","network":"regtest","scriptType":"p2wpkh","words":24})");
  CHECK(id.as_string() == WALLET_ID);
  CHECK(vault.createdName == "savings");
  CHECK(vault.createdWords == 24);
  CHECK(call("cmd_get_balance").has_value());
}

TEST_CASE_FIXTURE(ServiceFixture, "create refuses what it cannot make, by field") {
  const auto with = [](std::string words, std::string network) {
    return R"({"name":"n","network":")" + network + R"(","scriptType":"p2wpkh","words":)" + words +
           "}";
  };
  for (const char* words : {"0", "11", "13", "-12", "256", "268"})
    refused(Code::INVALID_ARGUMENT,
            "words: expected 12 or 24",
            "cmd_create_wallet",
            with(words, "regtest"));
  refused(Code::INVALID_ARGUMENT,
          "network: this installation",
          "cmd_create_wallet",
          with("12", "mainnet"));
  refused(Code::INVALID_ARGUMENT, "network", "cmd_create_wallet", with("12", "testnet3"));
  CHECK(vault.calls.empty());
}

TEST_CASE_FIXTURE(ServiceFixture, "the vault sees a name whole, also what stands behind a NUL") {
  vault.fails = proto::Failure::INVALID_NAME;
  refused(
      Code::INVALID_ARGUMENT,
      "name:",
      "cmd_create_wallet",
      "{\"name\":\"a\\u0000b\",\"network\":\"regtest\",\"scriptType\":\"p2wpkh\",\"words\":12}");
  CHECK(vault.createdName == std::string("a\0b", 3));
}

TEST_CASE_FIXTURE(ServiceFixture, "create says when it was declined, and when there is no vault") {
  const char* const arguments =
      R"({"name":"n","network":"regtest","scriptType":"p2tr","words":12})";
  vault.fails = proto::Failure::DECLINED;
  refused(Code::DECLINED, "It was declined", "cmd_create_wallet", arguments);
  vault.fails = proto::Failure::NOT_SUPPORTED;
  refused(Code::NOT_SUPPORTED, "This kind of wallet", "cmd_create_wallet", arguments);
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_create_wallet", arguments);
}

TEST_CASE_FIXTURE(ServiceFixture, "the list is empty before the first passphrase") {
  vault.locked = true;
  vault.initialized = false;
  CHECK(value("cmd_list_wallets").as_array().empty());
}

TEST_CASE_FIXTURE(ServiceFixture, "the list needs an unlocked vault once, and remembers") {
  vault.locked = true;
  refused(Code::LOCKED, "The wallet is locked", "cmd_list_wallets");
  vault.locked = false;
  CHECK(value("cmd_list_wallets") == json::value({WALLET_ID}));
  vault.locked = true;
  CHECK(value("cmd_list_wallets") == json::value({WALLET_ID}));
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_list_wallets");
}

TEST_CASE_FIXTURE(ServiceFixture, "a wallet of another network is neither listed nor opened") {
  vault.network = proto::Network::SIGNET;
  CHECK(value("cmd_list_wallets").as_array().empty());
  refused(Code::NOT_FOUND,
          "There is no such wallet",
          "cmd_select_wallet",
          R"({"id":"0123456789abcdef"})");
}

TEST_CASE_FIXTURE(ServiceFixture, "select finds the wallet, or says why not") {
  refused(Code::INVALID_ARGUMENT, "id", "cmd_select_wallet");
  refused(Code::NOT_FOUND, "There is no such wallet", "cmd_select_wallet", R"({"id":"nope"})");
  vault.locked = true;
  refused(
      Code::LOCKED, "The wallet is locked", "cmd_select_wallet", R"({"id":"0123456789abcdef"})");
  vault.dead = true;
  refused(Code::UNAVAILABLE,
          "The vault does not answer",
          "cmd_select_wallet",
          R"({"id":"0123456789abcdef"})");
  vault.dead = vault.locked = false;
  select();
  vault.dead = true;  // open is open
  CHECK(call("cmd_select_wallet", R"({"id":"0123456789abcdef"})").has_value());
}

TEST_CASE_FIXTURE(RichFixture, "the balance is five sums, or what one address holds") {
  CHECK(value("cmd_get_balance") ==
        json::parse(R"({"confirmed":1000000,"incoming":0,"change":0,"immature":0,"frozen":0})"));
  const auto own = vault.keys.account().address({false, 0});
  CHECK(value("cmd_get_balance", "{\"addr\":\"" + own + "\"}") == json::value(1'000'000));
  refused(Code::INVALID_ARGUMENT,
          "addr: is no address of this wallet",
          "cmd_get_balance",
          "{\"addr\":\"" + strangerAddress() + "\"}");
  vault.locked = true;  // watching needs no key
  CHECK(call("cmd_get_balance").has_value());
}

TEST_CASE_FIXTURE(OpenFixture, "generate hands out the next address, with its label") {
  const auto address = value("cmd_generate_address", R"({"label":"shop"})");
  CHECK(address.at("address").as_string() == vault.keys.account().address({false, 0}));
  CHECK(address.at("label").as_string() == "shop");
  CHECK(value("cmd_generate_address").at("index") == json::value(1));
  CHECK(value("cmd_get_addresses").as_array().size() == 2);
  vault.locked = true;
  refused(Code::LOCKED, "The wallet is locked", "cmd_generate_address");
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_generate_address");
}

TEST_CASE_FIXTURE(OpenFixture, "a vault that breaks while it asks is not the user's no") {
  vault.dead = true;
  for (unsigned i = 0; i < 2 * PromptPatience::FREE_REFUSALS; ++i) {
    refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_unlock_wallet");
    refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_set_passphrase");
    refused(Code::UNAVAILABLE,
            "The vault does not answer",
            "cmd_create_wallet",
            R"({"name":"a","network":"regtest","scriptType":"p2wpkh","words":24})");
  }
  vault.dead = false;
  CHECK(value("cmd_unlock_wallet") == json::value(true));
}

TEST_CASE_FIXTURE(OpenFixture, "a label is 1 to 256 bytes without control characters") {
  refused(Code::INVALID_ARGUMENT, "label: must be 1", "cmd_generate_address", R"({"label":""})");
  refused(Code::INVALID_ARGUMENT,
          "label: must be 1",
          "cmd_generate_address",
          "{\"label\":\"" + std::string(257, 'x') + "\"}");
  refused(Code::INVALID_ARGUMENT, "label: must not", "cmd_generate_address", R"({"label":"a\nb"})");
  refused(Code::INVALID_ARGUMENT,
          "label: must not",
          "cmd_send_transaction",
          pay(10'000, R"(,"label":"a\u007fb")"));
  CHECK(call("cmd_generate_address", "{\"label\":\"" + std::string(256, 'x') + "\"}").has_value());
}

TEST_CASE_FIXTURE(RichFixture, "the history pages and filters, within its bounds") {
  for (int i = 0; i < 3; ++i) fund(10'000);
  const auto all = value("cmd_get_transaction_history");
  CHECK(all.as_array().size() == 4);
  CHECK(value("cmd_get_transaction_history", R"({"page":2,"limit":3})").as_array().size() == 1);
  CHECK(value("cmd_get_transaction_history", R"({"page":3,"limit":3})").as_array().empty());
  CHECK(value("cmd_get_transaction_history", R"({"page":1000000,"limit":200})").as_array().empty());
  const std::string txid(all.as_array()[2].at("txid").as_string());
  CHECK(value("cmd_get_transaction_history", "{\"filter\":\"" + txid.substr(0, 20) + "\"}")
            .as_array()
            .size() == 1);
  for (const char* page : {"0", "-1", "1000001"})
    refused(Code::INVALID_ARGUMENT,
            "page:",
            "cmd_get_transaction_history",
            "{\"page\":" + std::string(page) + "}");
  for (const char* limit : {"0", "-1", "201"})
    refused(Code::INVALID_ARGUMENT,
            "limit:",
            "cmd_get_transaction_history",
            "{\"limit\":" + std::string(limit) + "}");
  refused(Code::INVALID_ARGUMENT,
          "filter:",
          "cmd_get_transaction_history",
          "{\"filter\":\"" + std::string(129, 'x') + "\"}");
}

TEST_CASE_FIXTURE(ServiceFixture, "unlock asks the vault, ttl 0 locks it") {
  vault.locked = true;
  CHECK(value("cmd_unlock_wallet", R"({"ttl":60})") == json::value(true));
  CHECK(vault.idleSeconds == 60);
  CHECK(value("cmd_unlock_wallet") == json::value(true));
  CHECK(vault.idleSeconds == 0);  // the vault's own default
  CHECK(value("cmd_unlock_wallet", R"({"ttl":0})") == json::value(false));
  CHECK(vault.locked);
  for (const char* ttl : {"-1", "86401", "4294967356"})
    refused(Code::INVALID_ARGUMENT,
            "ttl: expected 0 to 86400",
            "cmd_unlock_wallet",
            "{\"ttl\":" + std::string(ttl) + "}");
  vault.fails = proto::Failure::WRONG_PASSPHRASE;
  refused(Code::DECLINED, "That was not the passphrase", "cmd_unlock_wallet");
  vault.fails = proto::Failure::BACKOFF;
  refused(Code::RATE_LIMITED, "Too many attempts", "cmd_unlock_wallet");
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_unlock_wallet");
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_unlock_wallet", R"({"ttl":0})");
}

TEST_CASE_FIXTURE(ServiceFixture, "a passphrase is set between the user and the vault") {
  CHECK(value("cmd_set_passphrase").is_null());
  refused(Code::INVALID_ARGUMENT, "passphrase", "cmd_set_passphrase", R"({"passphrase":"x"})");
  vault.fails = proto::Failure::DECLINED;
  refused(Code::DECLINED, "It was declined", "cmd_set_passphrase");
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_set_passphrase");
}

TEST_CASE_FIXTURE(OpenFixture, "the info tells what is known of the wallet, and what changed") {
  auto info = value("cmd_get_wallet_info");
  CHECK(info.at("id").as_string() == WALLET_ID);
  CHECK(info.at("name").as_string() == "savings");
  CHECK(info.at("network").as_string() == "regtest");
  CHECK(info.at("scriptType").as_string() == "p2wpkh");
  CHECK(info.at("fingerprint").as_string() == FINGERPRINT);
  CHECK(info.at("height") == json::value(110));
  CHECK(info.at("synced") == json::value(true));
  CHECK(info.at("locked") == json::value(false));
  CHECK(info.at("backedUp") == json::value(false));
  vault.backedUp = true;
  CHECK(value("cmd_get_wallet_info").at("backedUp") == json::value(true));
  vault.locked = true;
  info = value("cmd_get_wallet_info");
  CHECK(info.at("locked") == json::value(true));
  CHECK(info.at("backedUp") == json::value(true));
  vault.dead = true;
  refused(Code::UNAVAILABLE, "The vault does not answer", "cmd_get_wallet_info");
}

TEST_CASE_FIXTURE(OpenFixture, "the wallet is compared with its server every three seconds") {
  const auto rounds = server.count("/blocks/tip/hash");
  poll();
  CHECK(server.count("/blocks/tip/hash") == rounds + 1);
  timer.advanceTo(timer.now() + 2'900 * kj::MILLISECONDS);
  loop.run();
  CHECK(server.count("/blocks/tip/hash") == rounds + 1);
  server.instead = [](const Asked&) -> std::optional<devnet::Answer> {
    throw std::logic_error("a bug");
  };
  poll();
  server.instead = nullptr;
  poll();
  CHECK(value("cmd_get_wallet_info").at("synced") == json::value(true));
}

TEST_CASE_FIXTURE(ServiceFixture, "a page that is told no is not heard for a while") {
  vault.fails = proto::Failure::DECLINED;
  const auto unlock = [&] { return call("cmd_unlock_wallet").error().code; };
  for (int i = 0; i < 3; ++i) CHECK(unlock() == Code::DECLINED);
  vault.calls.clear();
  CHECK(unlock() == Code::RATE_LIMITED);
  CHECK(call("cmd_set_passphrase").error().code == Code::RATE_LIMITED);
  CHECK(vault.calls.empty());
  timer.advanceTo(timer.now() + 2 * kj::SECONDS);
  CHECK(unlock() == Code::DECLINED);
}

TEST_CASE_FIXTURE(ServiceFixture, "an unlock that asked nobody is no yes") {
  vault.fails = proto::Failure::DECLINED;
  for (int i = 0; i < 2; ++i) call("cmd_create_wallet", CREATE);
  vault.fails = proto::Failure::NONE;
  value("cmd_unlock_wallet");
  vault.fails = proto::Failure::DECLINED;
  call("cmd_create_wallet", CREATE);
  CHECK(call("cmd_create_wallet", CREATE).error().code == Code::RATE_LIMITED);
}

TEST_CASE_FIXTURE(ServiceFixture, "a page cannot fill the vault with wallets that nobody wants") {
  int made = 0;
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 10; ++i) made += call("cmd_create_wallet", CREATE).has_value() ? 1 : 0;
    timer.advanceTo(timer.now() + 1 * kj::SECONDS);
  }
  CHECK(made > 3);
  CHECK(made < 16);
}

TEST_CASE_FIXTURE(ServiceFixture, "a wallet is read once, however often it is selected meanwhile") {
  std::vector<kj::Promise<Reply>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(start("cmd_select_wallet", R"({"id":"0123456789abcdef"})"));
  calls.erase(calls.begin(), calls.begin() + 10);  // given up by their page
  for (auto& call : calls) CHECK(call.wait(waitScope).has_value());
  CHECK(std::count(vault.calls.begin(), vault.calls.end(), "wallets") == 1);
  poll();
  value("cmd_get_balance");
}

TEST_CASE_FIXTURE(OpenFixture, "a page cannot hand out addresses without end") {
  for (std::uint32_t i = 0; i < Account::MAX_UNPAID; ++i) value("cmd_generate_address");
  const auto rows = vault.rows.size();
  refused(Code::LIMIT, "A hundred addresses", "cmd_generate_address");
  CHECK(vault.rows.size() == rows);
  server.node.pay(vault.keys.account().script({false, 41}), bitcoin::Amount::of(50'000).value());
  server.node.mine(1, strangerScript(99));
  poll();
  value("cmd_generate_address");
}

}  // namespace
}  // namespace sallyport::wallet
