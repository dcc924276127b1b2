#include <doctest/doctest.h>

#include "tests/broker/wallet/test-keys.h"

namespace sallyport::wallet {
namespace {

// BIP84's own account of "abandon … about", with an xpub instead of its zpub version.
constexpr const char* BIP84_XPUB =
    "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXY"
    "VUhLv1VMrjPC7PW6V";

TEST_CASE("the addresses are those of BIP84") {
  auto account = Account::open(BIP84_XPUB, "m/84'/0'/0'", bitcoin::Network::MAINNET).value();
  CHECK(account.address({false, 0}) == "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
  CHECK(account.address({false, 1}) == "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
  CHECK(account.address({true, 0}) == "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el");
  CHECK(account.pathText({false, 1}) == "m/84'/0'/0'/0/1");
  CHECK(account.pathText({true, 0}) == "m/84'/0'/0'/1/0");
  CHECK(bitcoin::toHex(account.publicKey({false, 0})) ==
        "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c");
}

TEST_CASE("the same words give other addresses on regtest") {
  auto account = TestKeys().account();
  CHECK(account.address({false, 0}) == "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk");
}

TEST_CASE("an extended key of another network, or none, opens no account") {
  CHECK_FALSE(Account::open(BIP84_XPUB, "m/84'/1'/0'", bitcoin::Network::REGTEST));
  CHECK_FALSE(Account::open("", "m/84'/0'/0'", bitcoin::Network::MAINNET));
  std::string broken = BIP84_XPUB;
  broken.back() = 'W';
  CHECK_FALSE(Account::open(broken, "m/84'/0'/0'", bitcoin::Network::MAINNET));
}

TEST_CASE("a script is ours when its key was derived, and not before") {
  auto account = TestKeys().account();
  const auto script = TestKeys().account().script({true, 7});
  CHECK_FALSE(account.owner(script));
  account.deriveTo(true, 6);
  CHECK_FALSE(account.owner(script));
  account.deriveTo(true, 7);
  CHECK(account.owner(script) == KeyPath{true, 7});
  CHECK(account.derived(true) == 8);
  CHECK(account.derived(false) == 0);
  CHECK_FALSE(account.owner(strangerScript()));
}

TEST_CASE("an index that no wallet uses is refused") {
  auto account = TestKeys().account();
  CHECK_THROWS_AS(account.deriveTo(false, Account::MAX_INDEX + 1), std::out_of_range);
}

}  // namespace
}  // namespace sallyport::wallet
