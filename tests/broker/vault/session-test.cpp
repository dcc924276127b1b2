#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "broker/bitcoin/address.h"
#include "broker/bitcoin/hd.h"
#include "broker/vault/vault-session.h"
#include "tests/broker/vault/session-fixture.h"

namespace sallyport::vault {
namespace {

std::string firstAddress(const std::string& xpub, bitcoin::Network network, bitcoin::Path path) {
  const auto account = bitcoin::ExtendedPublicKey::parse(xpub, network);
  return *bitcoin::encodeAddress(account->derive(path)->p2wpkhScript(), network);
}

TEST_CASE("without a passphrase, a prompt or a wallet each call says what is missing") {
  SessionFixture f;
  auto status = f.peer->status();
  CHECK_FALSE(status.getStatus().getInitialized());
  CHECK(status.getStatus().getLocked());
  CHECK_FALSE(status.getStatus().getPromptAttached());
  CHECK(status.getStatus().getSecretMemory() == kj::StringPtr(secretMemoryName().data()));
  CHECK(f.peer->unlock() == Failure::NOT_INITIALIZED);
  CHECK(f.peer->setPassphrase() == Failure::NO_PROMPT);
  CHECK(f.peer->createWallet().second == Failure::NO_PROMPT);
  f.peer->get("0123456789abcdef");
  CHECK(f.peer->lastFailure == Failure::NOT_INITIALIZED);
  CHECK(f.peer->wallets().empty());
}

TEST_CASE("the first passphrase makes the vault; too short, not UTF-8 or declined makes nothing") {
  SessionFixture f;
  f.peer->attach();
  CHECK(f.peer->setPassphrase() == Failure::DECLINED);
  f.peer->person.newPassphrases = {
      "1234567", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", std::string(1025, 'a')};
  CHECK(f.peer->setPassphrase() == Failure::LIMIT);
  CHECK(f.peer->setPassphrase() == Failure::LIMIT);
  CHECK(f.peer->setPassphrase() != Failure::NONE);
  CHECK_FALSE(f.peer->status().getStatus().getInitialized());
  f.peer->person.newPassphrases = {PASSPHRASE};
  CHECK(f.peer->setPassphrase() == Failure::NONE);
  CHECK_FALSE(f.peer->locked());
}

TEST_CASE("unlock asks again while nothing has to be waited for, then the back-off holds") {
  SessionFixture f;
  f.ready();
  f.peer->lock();
  CHECK(f.peer->locked());
  auto& person = f.peer->person;
  person.questions.clear();
  person.wrongBefore.clear();
  person.passphrases = {"wrong one", "wrong two", PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);
  CHECK(person.wrongBefore == std::vector<bool>{false, true, true});
  CHECK(f.peer->unlock() == Failure::NONE);  // again: nothing is asked
  CHECK(person.questions.size() == 3);
  f.peer->lock();
  person.passphrases = {"wrong one", "wrong two", "wrong three", PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::WRONG_PASSPHRASE);
  CHECK(f.peer->status().getStatus().getFailedAttempts() == 3);
  CHECK(f.peer->status().getStatus().getRetryAfterSeconds() == 1);
  const auto asked = person.questions.size();
  for (int i = 0; i < 1000; ++i) CHECK(f.peer->unlock() == Failure::BACKOFF);
  CHECK(person.questions.size() == asked);
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.peer->unlock() == Failure::NONE);
}

TEST_CASE("changing the passphrase asks the old one first") {
  SessionFixture f;
  f.ready();
  f.peer->person.newPassphrases = {"another passphrase"};
  CHECK(f.peer->setPassphrase() == Failure::DECLINED);
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->setPassphrase() == Failure::NONE);
  f.peer->lock();
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() != Failure::NONE);
  f.peer->person.passphrases = {"another passphrase"};
  CHECK(f.peer->unlock() == Failure::NONE);
  CHECK(f.peer->wallets().size() == 1);
}

TEST_CASE("a wallet is backed up when three of its words come back right") {
  SessionFixture f;
  f.peer->attach();
  f.peer->person.newPassphrases = {PASSPHRASE};
  const auto [wallet, failure] = f.peer->createWallet("my savings", 24);
  CHECK(failure == Failure::NONE);
  CHECK(wallet.backedUp);
  CHECK(wallet.name == "my savings");
  CHECK(wallet.path == "m/84'/1'/0'");
  CHECK(wallet.xpub.starts_with("tpub"));
  CHECK(wallet.id.size() == 16);
  CHECK(f.peer->person.shownSeed.size() == 24);
  CHECK(f.peer->person.positions.size() == 3);
  CHECK(std::ranges::is_sorted(f.peer->person.positions));
  CHECK(f.peer->person.questions ==
        std::vector<std::string>{"choosePassphrase", "showSeed", "askWords"});
  REQUIRE(f.peer->wallets().size() == 1);
  CHECK(f.peer->wallets()[0].backedUp);
}

TEST_CASE("a wallet whose backup failed is there and not backed up; showing the seed mends it") {
  SessionFixture f;
  f.peer->attach();
  f.peer->person.newPassphrases = {PASSPHRASE};
  f.peer->person.words = Reply::WRONG;
  const auto [wallet, failure] = f.peer->createWallet();
  CHECK(failure == Failure::NONE);
  CHECK_FALSE(wallet.backedUp);
  const auto words = f.peer->person.shownSeed;
  f.peer->person.seed = Reply::DECLINE;
  CHECK_FALSE(f.peer->createWallet("second").first.backedUp);
  CHECK(f.peer->wallets().size() == 2);

  Person terminal;
  terminal.passphrases = {PASSPHRASE};
  terminal.words = Reply::WRONG;
  CHECK(f.peer->showSeed(wallet.id, terminal) == Failure::WORDS_WRONG);
  CHECK_FALSE(f.peer->wallets()[0].backedUp);
  terminal.passphrases = {PASSPHRASE};
  terminal.words = Reply::ACCEPT;
  CHECK(f.peer->showSeed(wallet.id, terminal) == Failure::NONE);
  CHECK(terminal.shownSeed == words);
  const auto all = f.peer->wallets();
  CHECK(std::ranges::count_if(all,
                              [&](const auto& w) { return w.id == wallet.id && w.backedUp; }) == 1);
}

TEST_CASE("showing a seed asks the passphrase at that terminal even when unlocked") {
  SessionFixture f;
  const std::string id = f.ready();
  Person terminal;
  CHECK(f.peer->showSeed(id, terminal) == Failure::DECLINED);
  CHECK(terminal.questions == std::vector<std::string>{"askPassphrase"});
  CHECK(terminal.shownSeed.empty());
  terminal.passphrases = {PASSPHRASE};
  CHECK(f.peer->showSeed("0000000000000000", terminal) == Failure::NO_SUCH_WALLET);
}

TEST_CASE("a known seed gives the addresses of BIP84") {
  SessionFixture f;
  f.peer->attach();
  Person terminal;
  terminal.newPassphrases = {PASSPHRASE};
  terminal.typedSeed = ABANDON;
  const auto [main, failure] = f.peer->restoreSeed(&terminal, "main", proto::Network::MAINNET);
  CHECK(failure == Failure::NONE);
  CHECK(main.backedUp);
  CHECK(main.path == "m/84'/0'/0'");
  CHECK(firstAddress(main.xpub, bitcoin::Network::MAINNET, {0, 0}) ==
        "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
  CHECK(firstAddress(main.xpub, bitcoin::Network::MAINNET, {0, 1}) ==
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
  CHECK(firstAddress(main.xpub, bitcoin::Network::MAINNET, {1, 0}) ==
        "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el");
  // The prompt process serves where there is no terminal; capital letters are forgiven.
  f.peer->person.typedSeed = ABANDON;
  f.peer->person.typedSeed[0] = "Abandon";
  const auto [regtest, second] = f.peer->restoreSeed(nullptr);
  CHECK(second == Failure::NONE);
  CHECK(regtest.path == "m/84'/1'/0'");
  CHECK(f.peer->wallets().size() == 2);
  // The same seed again is the same wallet.
  CHECK(f.peer->restoreSeed(nullptr, "again").first.id == regtest.id);
  CHECK(f.peer->wallets().size() == 2);
}

TEST_CASE("words that are no mnemonic make no wallet") {
  SessionFixture f;
  f.ready();
  auto& typed = f.peer->person.typedSeed;
  for (auto words : {std::vector<std::string>(12, "abandon"),        // checksum
                     std::vector<std::string>(11, "abandon"),        // count
                     std::vector<std::string>(15, "abandon"),        // not offered
                     std::vector<std::string>(25, "abandon"),        // too many
                     std::vector<std::string>(12, "sallyport"),      // no such word
                     std::vector<std::string>(12, "abandon about"),  // two in one
                     std::vector<std::string>(12, std::string(500, 'a'))}) {
    typed = words;
    CHECK(f.peer->restoreSeed(nullptr).second == Failure::INVALID_MNEMONIC);
  }
  typed.clear();
  CHECK(f.peer->restoreSeed(nullptr).second == Failure::DECLINED);
  CHECK(f.peer->wallets().size() == 1);
}

TEST_CASE("names, script types and word counts outside the schema are refused without a question") {
  SessionFixture f;
  f.ready();
  f.peer->person.questions.clear();
  for (const char* name : {"",
                           " a",
                           "a ",
                           "a\nb",
                           "a\x7f",
                           "\xe2\x80\xae"
                           "drawer",
                           "\xe2\x80\x8b",
                           "\xff",
                           "\xc0\x80"}) {
    CHECK_MESSAGE(f.peer->createWallet(name).second == Failure::INVALID_NAME, name);
  }
  CHECK(f.peer->createWallet(std::string(65, 'a').c_str()).second == Failure::INVALID_NAME);
  CHECK(f.peer->createWallet("a", 13).second == Failure::NOT_SUPPORTED);
  CHECK(f.peer->createWallet("a", 12, proto::Network::REGTEST, proto::ScriptType::P2TR).second ==
        Failure::NOT_SUPPORTED);
  CHECK(f.peer->createWallet("a", 12, static_cast<proto::Network>(9)).second ==
        Failure::NOT_SUPPORTED);
  CHECK(f.peer->person.questions.empty());
  CHECK(f.peer->createWallet(std::string(64, 'a').c_str()).second == Failure::NONE);
  CHECK(f.peer
            ->createWallet("Gr\xc3\xbc\xc3\x9f"
                           "e \xf0\x9f\x92\xb0")
            .second == Failure::NONE);
}

TEST_CASE("there are at most maxWallets") {
  SessionFixture f;
  f.ready();
  f.peer->person.seed = Reply::DECLINE;
  for (unsigned i = 1; i < proto::MAX_WALLETS; ++i) f.peer->createWallet();
  CHECK(f.peer->wallets().size() == proto::MAX_WALLETS);
  CHECK(f.peer->createWallet().second == Failure::LIMIT);
}

TEST_CASE("the vault locks itself when nobody used it for the idle time") {
  SessionFixture f;
  const std::string id = f.ready();
  CHECK(f.peer->unlock(60) == Failure::NONE);
  f.clock.advance(std::chrono::seconds(59));
  f.peer->put(id, {{"a", "b"}});  // the broker's own housekeeping is not the user
  CHECK_FALSE(f.peer->locked());
  f.clock.advance(std::chrono::seconds(1));
  f.peer->get(id);
  CHECK(f.peer->lastFailure == Failure::LOCKED);
}

TEST_CASE("no call that the user did not answer keeps the vault open") {
  SessionFixture f;
  f.ready();
  for (int minute = 0; minute < 9; ++minute) {
    f.clock.advance(std::chrono::seconds(60));
    CHECK(f.peer->unlock(86'400) == Failure::NONE);
    f.peer->person.passphrase = Reply::HANG;
    {
      auto dropped = f.peer->vault.setPassphraseRequest().send();
      f.io.waitScope.poll();
    }
    f.io.waitScope.poll();
  }
  f.clock.advance(std::chrono::seconds(60));
  CHECK(f.peer->locked());
}

TEST_CASE("an idle time that was declined counts for nothing, one that was typed for counts") {
  SessionFixture f;
  f.ready();
  f.peer->lock();
  f.peer->person.passphrases = {};
  CHECK(f.peer->unlock(86'400) == Failure::DECLINED);
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);
  f.clock.advance(std::chrono::seconds(proto::DEFAULT_UNLOCK_SECONDS));
  CHECK(f.peer->locked());
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock(1000) == Failure::NONE);
  f.clock.advance(std::chrono::seconds(999));
  CHECK_FALSE(f.peer->locked());
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.peer->locked());
}

TEST_CASE("a vault that was opened for something that came to nothing locks itself too") {
  SessionFixture f;
  const std::string id = f.ready();
  f.peer->lock();
  f.peer->person.passphrases = {PASSPHRASE};
  f.peer->person.confirm = Reply::DECLINE;
  const auto signing = f.peer->sign(id, Bytes{1, 2, 3}).wait(f.io.waitScope);
  CHECK(signing.getResult().isFailure());
  REQUIRE_FALSE(f.peer->locked());
  f.clock.advance(std::chrono::seconds(proto::DEFAULT_UNLOCK_SECONDS));
  CHECK(f.peer->locked());
}

TEST_CASE("a call that is dropped takes its question back, and the next one is asked") {
  SessionFixture f;
  f.ready();
  f.peer->lock();
  f.peer->person.passphrase = Reply::HANG;
  {
    auto dropped = f.peer->vault.unlockRequest().send();
    f.io.waitScope.poll();
    CHECK(f.peer->unlock() == Failure::BUSY);
  }
  f.io.waitScope.poll();
  f.peer->person.passphrase = Reply::ACCEPT;
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);
}

TEST_CASE("the idle lock comes by itself, without a call") {
  SessionFixture f;
  f.ready();
  f.peer->unlock(60);
  f.clock.advance(std::chrono::seconds(60));
  f.timer.advanceTo(f.timer.now() + proto::DEFAULT_UNLOCK_SECONDS * kj::SECONDS);
  f.io.waitScope.poll();
  CHECK(f.lockbox->locked());
}

TEST_CASE("one question at a time: the second ceremony is busy, and lock takes the first back") {
  SessionFixture f;
  const std::string id = f.ready();
  f.peer->lock();
  f.peer->person.passphrase = Reply::HANG;
  auto first = f.peer->vault.unlockRequest().send();
  f.io.waitScope.poll();
  CHECK(f.peer->unlock() == Failure::BUSY);
  CHECK(f.peer->createWallet().second == Failure::BUSY);
  Person terminal;
  CHECK(f.peer->showSeed(id, terminal) == Failure::BUSY);
  f.peer->lock();
  CHECK(first.wait(f.io.waitScope).getResult().getFailure() == Failure::DECLINED);
  f.peer->person.passphrase = Reply::ACCEPT;
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);
}

TEST_CASE("a prompt that dies gives noPrompt, one that is replaced declines its question") {
  SessionFixture f;
  f.ready();
  f.peer->lock();
  f.peer->person.passphrase = Reply::HANG;
  auto first = f.peer->vault.unlockRequest().send();
  f.io.waitScope.poll();
  f.peer->prompts.clear();
  CHECK(first.wait(f.io.waitScope).getResult().getFailure() == Failure::NO_PROMPT);
  CHECK_FALSE(f.peer->status().getStatus().getPromptAttached());
  CHECK(f.peer->unlock() == Failure::NO_PROMPT);

  f.peer->attach();
  CHECK(f.peer->status().getStatus().getPromptAttached());
  auto second = f.peer->vault.unlockRequest().send();
  f.io.waitScope.poll();
  f.peer->attach();
  CHECK(second.wait(f.io.waitScope).getResult().getFailure() == Failure::DECLINED);
  f.peer->person.passphrase = Reply::ACCEPT;
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::NONE);
}

TEST_CASE("an Fd without a descriptor, or with a file, attaches nothing") {
  SessionFixture f;
  auto request = f.peer->vault.attachPromptRequest();
  request.setLink(kj::heap<FdServer>(kj::AutoCloseFd(open("/dev/null", O_RDWR | O_CLOEXEC))));
  request.send().wait(f.io.waitScope);
  f.peer->vault.attachPromptRequest().send().wait(f.io.waitScope);
  CHECK_FALSE(f.peer->status().getStatus().getPromptAttached());
  auto show = f.peer->vault.showSeedRequest();
  show.setWalletId("0000000000000000");
  CHECK(show.send().wait(f.io.waitScope).getResult().getFailure() == Failure::NO_PROMPT);
}

TEST_CASE("nothing of exceptions reaches the broker") {
  SessionFixture f;
  const std::string id = f.ready();
  f.peer->lock();
  std::filesystem::remove(f.folder / "vault.db");
  f.peer->person.passphrases = {PASSPHRASE};
  CHECK(f.peer->unlock() == Failure::STORAGE);
  CHECK(f.peer->locked());
}

}  // namespace
}  // namespace sallyport::vault
