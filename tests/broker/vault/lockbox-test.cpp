#include "broker/vault/lockbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/broker/vault/fixtures.h"

namespace sallyport::vault {
namespace {

constexpr std::string_view PASSPHRASE = "correct horse battery staple";

// A vault's parts over one folder; `restart` is what a new process would find.
struct Vault {
  Vault() { start(); }
  void start(KdfPolicy policy = cheapKdf()) {
    initCrypto();
    dir = std::make_unique<StateDir>(folder.path());
    box = std::make_unique<Lockbox>(*dir, clock, policy);
  }
  void stop() {
    box.reset();
    dir.reset();
  }
  void restart(KdfPolicy policy = cheapKdf()) {
    stop();
    start(policy);
  }
  Failure result(Promised<Done> promise) {
    const auto outcome = promise.wait(io.waitScope);
    return outcome ? Failure::NONE : outcome.error();
  }
  Failure create(std::string_view text = PASSPHRASE) { return result(box->create(secretOf(text))); }
  Failure open(std::string_view text = PASSPHRASE) { return result(box->open(secretOf(text))); }

  Wallet addWallet(std::string name = "first") {
    Wallet wallet;
    wallet.id = randomWalletId();
    wallet.name = std::move(name);
    wallet.network = proto::Network::REGTEST;
    wallet.scriptType = proto::ScriptType::P2WPKH;
    wallet.masterFingerprint = {1, 2, 3, 4};
    wallet.accountPath = "m/84'/1'/0'";
    wallet.accountXpub = "tpub";
    wallet.createdAt = 5;
    REQUIRE(box->store()->add(wallet, secretOf("0123456789abcdef")).has_value());
    return wallet;
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  TempDir folder;
  FakeClock clock;
  std::unique_ptr<StateDir> dir;
  std::unique_ptr<Lockbox> box;
};

TEST_CASE("a vault is made once, locks, and opens with its passphrase only") {
  Vault vault;
  CHECK_FALSE(vault.box->initialized());
  CHECK(vault.open() == Failure::NOT_INITIALIZED);
  CHECK(vault.create() == Failure::NONE);
  CHECK_FALSE(vault.box->locked());
  const Wallet wallet = vault.addWallet();
  vault.box->lock();
  CHECK(vault.box->store() == nullptr);
  CHECK(vault.open("another passphrase") == Failure::WRONG_PASSPHRASE);
  CHECK(vault.box->locked());
  CHECK(vault.open() == Failure::NONE);
  REQUIRE(vault.box->store()->list().size() == 1);
  const Wallet found = *vault.box->store()->find(wallet.id);
  CHECK(found.name == "first");
  CHECK(found.masterFingerprint == wallet.masterFingerprint);
  CHECK(found.createdAt == 5);
  CHECK(sameSecret(vault.box->store()->entropy(wallet.id).bytes(),
                   secretOf("0123456789abcdef").bytes()));
}

TEST_CASE("everything is there after a restart, and in no file in plain") {
  Vault vault;
  vault.create();
  const Wallet wallet = vault.addWallet("canary-wallet-name");
  vault.box->store()->putRecords(wallet.id,
                                 {{"canary-record-key", {'c', 'a', 'n', 'a', 'r', 'y', '!'}}});
  vault.restart();
  CHECK(vault.box->locked());
  CHECK(vault.open() == Failure::NONE);
  CHECK(vault.box->store()->list().size() == 1);
  for (std::string_view text : {PASSPHRASE,
                                std::string_view("canary-wallet-name"),
                                std::string_view("canary-record-key"),
                                std::string_view("canary!"),
                                std::string_view("0123456789abcdef"),
                                std::string_view("SQLite format 3")}) {
    CHECK_MESSAGE(!folderContains(vault.folder.path(), text), text);
  }
}

TEST_CASE("a changed passphrase opens what the old one no longer does") {
  Vault vault;
  vault.create();
  vault.addWallet();
  CHECK(vault.result(vault.box->change(secretOf("a new passphrase"))) == Failure::NONE);
  vault.restart();
  CHECK(vault.open() == Failure::WRONG_PASSPHRASE);
  CHECK(vault.open("a new passphrase") == Failure::NONE);
  CHECK(vault.box->store()->list().size() == 1);
}

TEST_CASE("an old header put back is refused, so an old passphrase stays dead") {
  Vault vault;
  vault.create();
  const Bytes old = readFile(vault.folder / "vault.header");
  vault.result(vault.box->change(secretOf("a new passphrase")));
  vault.stop();
  writeFile(vault.folder / "vault.header", old);
  vault.start();
  CHECK_THROWS(vault.open());
  CHECK(vault.box->locked());
}

TEST_CASE("wrong passphrases wait 0, 0, 1, 2, 4 and at most 300 seconds") {
  const long expected[] = {0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
  for (std::uint32_t n = 0; n < 14; ++n) CHECK(Attempts::waitAfter(n).count() == expected[n]);
  CHECK(Attempts::waitAfter(0xFFFFFFFF).count() == 300);
}

TEST_CASE("the wait is kept, also by a restart, and ends with the right passphrase") {
  Vault vault;
  vault.create();
  vault.box->lock();
  for (int i = 0; i < 3; ++i) CHECK(vault.open("not the passphrase") == Failure::WRONG_PASSPHRASE);
  CHECK(vault.box->attempts().retryAfter().count() == 1);
  CHECK(vault.open() == Failure::BACKOFF);
  vault.clock.advance(std::chrono::milliseconds(999));
  CHECK(vault.open() == Failure::BACKOFF);
  vault.clock.advance(std::chrono::milliseconds(1));
  CHECK(vault.open("still not it") == Failure::WRONG_PASSPHRASE);
  CHECK(vault.box->attempts().retryAfter().count() == 2);
  vault.clock.advance(std::chrono::milliseconds(1900));
  vault.restart();
  // A new run starts the whole wait over.
  CHECK(vault.box->attempts().failed() == 4);
  CHECK(vault.box->attempts().retryAfter().count() == 2);
  CHECK(vault.open() == Failure::BACKOFF);
  vault.clock.advance(std::chrono::seconds(2));
  CHECK(vault.open() == Failure::NONE);
  CHECK(vault.box->attempts().failed() == 0);
  vault.restart();
  CHECK(vault.box->attempts().failed() == 0);
}

// In a child whose boot lies a thousand seconds further back, as after a suspend, and which may not
// set the wall clock: only root, or who may make a user namespace, can be asked.
TEST_CASE("the waits are by the clock that runs on in a suspend and that nobody can set") {
  const pid_t child = fork();
  if (child == 0) {
    constexpr int UNKNOWN = 9;
    if (unshare(CLONE_NEWTIME) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0) _exit(UNKNOWN);
    std::ofstream offsets("/proc/self/timens_offsets");
    offsets << "boottime 1000 0\n";
    if (!offsets.flush()) _exit(UNKNOWN);
    const pid_t shifted = fork();
    if (shifted == 0) {
      timespec monotonic{};
      clock_gettime(CLOCK_MONOTONIC, &monotonic);
      _exit(SystemClock().boottime() >= std::chrono::seconds(monotonic.tv_sec + 1000) ? 0 : 1);
    }
    int status = 0;
    waitpid(shifted, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 9) {
    MESSAGE("no time namespace is to be had here");
  } else {
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("a wall clock that jumps neither shortens nor lengthens a wait") {
  Vault vault;
  vault.create();
  vault.box->lock();
  for (int i = 0; i < 3; ++i) CHECK(vault.open("not the passphrase") == Failure::WRONG_PASSPHRASE);
  vault.clock.setWall(4'000'000'000);
  CHECK(vault.box->attempts().retryAfter().count() == 1);
  CHECK(vault.open() == Failure::BACKOFF);
  vault.clock.setWall(0);
  vault.restart();
  CHECK(vault.box->attempts().retryAfter().count() == 1);
  vault.clock.advance(std::chrono::seconds(1));
  CHECK(vault.open() == Failure::NONE);
}

TEST_CASE("an attempt is on the disk before the passphrase is checked") {
  Vault vault;
  vault.create();
  vault.box->lock();
  auto attempt = vault.box->open(secretOf("not the passphrase"));
  CHECK(Attempts(*vault.dir, vault.clock).failed() == 1);
  vault.result(kj::mv(attempt));
}

TEST_CASE("a damaged attempt counter means the longest wait") {
  Vault vault;
  vault.create();
  vault.box->lock();
  vault.open("not the passphrase");
  Bytes file = readFile(vault.folder / "vault.attempts");
  file[8] ^= 1;
  writeFile(vault.folder / "vault.attempts", file);
  vault.restart();
  CHECK(vault.box->attempts().retryAfter().count() == 300);
}

TEST_CASE("locking while a key is derived leaves the vault locked") {
  Vault vault;
  vault.create();
  vault.box->lock();
  auto opening = vault.box->open(secretOf(PASSPHRASE));
  vault.box->lock();
  CHECK(vault.result(kj::mv(opening)) == Failure::DECLINED);
  CHECK(vault.box->locked());
}

TEST_CASE("only one derivation runs at a time") {
  Vault vault;
  vault.create();
  auto first = vault.box->open(secretOf(PASSPHRASE));
  CHECK_THROWS(vault.box->open(secretOf(PASSPHRASE)));
  CHECK(vault.result(kj::mv(first)) == Failure::NONE);
}

TEST_CASE("every changed byte of the header is refused, and none of them opens anything") {
  Vault vault;
  vault.create();
  const Bytes good = readFile(vault.folder / "vault.header");
  vault.box->lock();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 1;
    CHECK_FALSE(Header::decode(bad, cheapKdf()).has_value());
  }
  Header header = *Header::decode(good, cheapKdf());
  // One who repairs the checksum still cannot change a field: they are all associated data.
  const auto key = deriveKey(secretOf(PASSPHRASE), header.kdf);
  REQUIRE(header.unwrap(*key).has_value());
  header.generation += 1;
  CHECK_FALSE(header.unwrap(*key).has_value());
  header.generation -= 1;
  header.kdf.operations += 1;
  CHECK_FALSE(header.unwrap(*key).has_value());
  header.kdf.operations -= 1;
  header.cipherFormat = 4;
  CHECK_FALSE(header.unwrap(*key).has_value());
}

TEST_CASE("a header with a weaker derivation than the floor is refused before it is derived") {
  Vault vault;
  vault.create();
  vault.restart(KdfPolicy{});
  CHECK(vault.open() == Failure::STORAGE);
  CHECK(vault.box->attempts().failed() == 0);
}

TEST_CASE("the real parameters are at least moderate and take at least the target time") {
  initCrypto();
  const KdfPolicy policy;
  const auto parameters = calibrate(policy);
  REQUIRE(parameters.has_value());
  CHECK(policy.accepts(*parameters));
  CHECK(parameters->memoryBytes >= 256ULL << 20);
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(deriveKey(secretOf(PASSPHRASE), *parameters).has_value());
  // Calibrated with a tenth on top; the rest is for a noisy machine.
  CHECK(std::chrono::steady_clock::now() - begin >= policy.target * 7 / 10);
  CHECK_FALSE(policy.accepts({2, 256ULL << 20, {}}));
  CHECK_FALSE(policy.accepts({3, 128ULL << 20, {}}));
  CHECK_FALSE(policy.accepts({1000, 256ULL << 20, {}}));
  CHECK_FALSE(policy.accepts({3, 1ULL << 40, {}}));
}

TEST_CASE("a changed page of the database is refused") {
  Vault vault;
  vault.create();
  vault.addWallet();
  vault.stop();
  const Bytes good = readFile(vault.folder / "vault.db");
  REQUIRE(good.size() >= 3 * 4096);
  for (std::size_t page = 0; page < good.size() / 4096; ++page) {
    Bytes bad = good;
    bad[page * 4096 + 100] ^= 1;
    writeFile(vault.folder / "vault.db", bad);
    vault.start();
    bool refused = false;
    try {
      vault.open();
      // SQLite reads a page when it is needed.
      for (const auto& wallet : vault.box->store()->list()) {
        vault.box->store()->entropy(wallet.id);
        vault.box->store()->records(wallet.id, "", "", 10);
      }
    } catch (const kj::Exception&) {
      refused = true;
    }
    CHECK_MESSAGE(refused, page);
    vault.stop();
  }
  // Two pages exchanged: each is valid, but in the other's place.
  Bytes swapped = good;
  std::swap_ranges(swapped.begin() + 4096, swapped.begin() + 8192, swapped.begin() + 8192);
  writeFile(vault.folder / "vault.db", swapped);
  vault.start();
  CHECK_THROWS([&] {
    vault.open();
    vault.addWallet();
    vault.box->store()->list();
  }());
}

TEST_CASE("a seed that is moved to another wallet does not open") {
  Vault vault;
  vault.create();
  const Wallet first = vault.addWallet("a"), second = vault.addWallet("b");
  const auto header = Header::decode(readFile(vault.folder / "vault.header"), cheapKdf());
  const auto keyring = header->unwrap(*deriveKey(secretOf(PASSPHRASE), header->kdf));
  vault.box->lock();
  {
    Sql sql({(vault.folder / "vault.db").string(), 3, false}, keyring->databaseKey);
    Statement(
        sql, "UPDATE wallet SET sealed_seed=(SELECT sealed_seed FROM wallet WHERE id=?) WHERE id=?")
        .bind(first.id)
        .bind(second.id)
        .run();
  }
  vault.open();
  CHECK_NOTHROW(vault.box->store()->entropy(first.id));
  CHECK_THROWS(vault.box->store()->entropy(second.id));
}

TEST_CASE("a database without its header is put aside, never overwritten") {
  Vault vault;
  vault.create();
  vault.stop();
  const Bytes database = readFile(vault.folder / "vault.db");
  std::filesystem::remove(vault.folder / "vault.header");
  vault.start();
  CHECK_FALSE(vault.box->initialized());
  CHECK(vault.create() == Failure::NONE);
  bool kept = false;
  for (const auto& entry : std::filesystem::directory_iterator(vault.folder.path())) {
    if (entry.path().filename().string().starts_with("vault.db.orphan-")) {
      kept = readFile(entry.path()) == database;
    }
  }
  CHECK(kept);
}

TEST_CASE("a header without its database is refused instead of starting an empty one") {
  Vault vault;
  vault.create();
  vault.stop();
  std::filesystem::remove(vault.folder / "vault.db");
  vault.start();
  CHECK_THROWS(vault.open());
  CHECK_FALSE(std::filesystem::exists(vault.folder / "vault.db"));
}

TEST_CASE("the state folder must be ours alone, no link, and used by one vault") {
  TempDir parent;
  const std::string path = (parent / "state").string();
  {
    StateDir dir(path);
    struct stat info {};
    stat(path.c_str(), &info);
    CHECK((info.st_mode & 07777) == 0700);
    CHECK_THROWS(StateDir{path});  // in use
  }
  CHECK_NOTHROW(StateDir{path});
  chmod(path.c_str(), 0750);
  CHECK_THROWS(StateDir{path});
  chmod(path.c_str(), 0700);
  CHECK(symlink(path.c_str(), (parent / "link").c_str()) == 0);
  CHECK_THROWS(StateDir((parent / "link").string()));
  CHECK_THROWS(StateDir("relative"));
  writeFile(parent / "file", {1});
  CHECK_THROWS(StateDir((parent / "file").string()));
}

TEST_CASE("a file of the vault that others may read, that is a link or has two names is refused") {
  TempDir folder;
  StateDir dir(folder.path());
  const Bytes content{1, 2, 3};
  dir.replace("vault.header", content);
  CHECK(dir.read("vault.header", 10) == content);
  CHECK_THROWS(dir.read("vault.header", 2));
  const auto path = folder / "vault.header";
  chmod(path.c_str(), 0640);
  CHECK_THROWS(dir.read("vault.header", 10));
  chmod(path.c_str(), 0600);
  CHECK(link(path.c_str(), (folder / "second").c_str()) == 0);
  CHECK_THROWS(dir.read("vault.header", 10));
  std::filesystem::remove(path);
  CHECK(symlink("second", path.c_str()) == 0);
  CHECK_THROWS(dir.read("vault.header", 10));
  std::filesystem::remove(path);
  CHECK_FALSE(dir.read("vault.header", 10).has_value());
  CHECK(mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS(dir.read("vault.header", 10));
}

}  // namespace
}  // namespace sallyport::vault
