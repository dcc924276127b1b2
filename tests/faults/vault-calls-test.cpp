// Each system call of the vault's storage, SQLCipher's too, fails once: what was stored is there or
// what was to be, the next attempt goes through, and so it is after a restart. Not the calls for
// random bytes: without those the vault stops.
#include <doctest/doctest.h>
#include <kj/exception.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <set>

#include "broker/vault/app-records.h"
#include "broker/vault/lockbox.h"
#include "tests/broker/vault/fixtures.h"
#include "tests/faults/failing-calls.h"

namespace sallyport::vault {
namespace {

constexpr int ERRORS[] = {EIO, ENOSPC, EINTR, EMFILE, ENOMEM};
constexpr unsigned MOST_CALLS = 500;
constexpr std::string_view PASSPHRASE = "correct horse battery staple";
constexpr std::string_view OTHER_PASSPHRASE = "a new passphrase";
const std::string ID = "0123456789abcdef";

Bytes bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

// A vault over a folder; restart() is what a new process would find.
struct Vault {
  explicit Vault(const std::filesystem::path* from = nullptr) {
    if (from != nullptr)
      std::filesystem::copy(*from, folder.path(), std::filesystem::copy_options::recursive);
    start();
  }
  void start() {
    initCrypto();
    dir = std::make_unique<StateDir>(folder.path());
    box = std::make_unique<Lockbox>(*dir, clock, cheapKdf());
  }
  void restart() {
    box.reset();
    dir.reset();
    start();
  }
  bool open(std::string_view text = PASSPHRASE) {
    return box->open(secretOf(text)).wait(io.waitScope).has_value();
  }
  bool create() { return box->create(secretOf(PASSPHRASE)).wait(io.waitScope).has_value(); }
  bool change() { return box->change(secretOf(OTHER_PASSPHRASE)).wait(io.waitScope).has_value(); }

  bool addWallet(const std::string& id) {
    Wallet wallet{id, "first", proto::Network::REGTEST, proto::ScriptType::P2WPKH, {}, "m", "tpub"};
    return box->store()->add(wallet, secretOf("0123456789abcdef")).has_value();
  }
  bool put(const std::string& value) {
    return box->store()
        ->putRecords(ID, {{"one", bytesOf(value)}, {"two", bytesOf(value)}})
        .has_value();
  }
  bool putApp(const std::string& value) {
    AppRecords records(box->store()->sql());
    return records.put("space", {{"one", bytesOf(value)}, {"two", bytesOf(value)}}).has_value();
  }

  // All that it keeps, by whichever passphrase opens it.
  std::string state() {
    if (!box->initialized()) return "none";
    // Also where it is open: the store stays as the fault left it.
    std::string text = open()                   ? "old passphrase"
                       : open(OTHER_PASSPHRASE) ? "new passphrase"
                                                : "no passphrase";
    auto* store = box->store();
    if (store == nullptr) return text;
    const auto add = [&](const std::vector<RecordRow>& rows) {
      for (const auto& row : rows)
        text += " " + row.key + "=" + std::string(row.value.begin(), row.value.end());
    };
    for (const auto& wallet : store->list()) {
      text += " wallet " + wallet.id + (wallet.backedUp ? " backed up" : "") +
              (store->entropy(wallet.id).size() == 16 ? "" : " without its seed");
      add(store->records(wallet.id, "", "", 10));
    }
    AppRecords records(store->sql());
    text += " app";
    add(records.list("space", "", "", 10, false));
    return text;
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  TempDir folder;
  FakeClock clock;
  std::unique_ptr<StateDir> dir;
  std::unique_ptr<Lockbox> box;
};

// Not those of the event loop on its counters, nor those on memory for secrets, without which the
// vault stops as well.
bool isOnFile(const faults::SystemCall& call) {
  switch (call.number) {
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_fcntl:
    case SYS_ftruncate: {
      std::error_code gone;
      const auto file =
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(call.arguments[0]), gone);
      return file.string().find("/sallyport-vault-") != std::string::npos;
    }
    default:
      return true;
  }
}

struct Deed {
  std::function<bool(Vault&)> prepare, work;
};

struct Trial {
  bool worked = false, again = false;
  std::string then, state, restarted;
};

class Storage {
 public:
  Storage() {
    m_calls.run({}, [this] {
      Vault vault;
      vault.create();
      vault.addWallet(ID);
      vault.put("old");
      vault.putApp("old");
      vault.box.reset();
      vault.dir.reset();
      std::filesystem::copy(
          vault.folder.path(), m_made.path(), std::filesystem::copy_options::recursive);
    });
  }

  // fresh: in an empty folder. The names of the calls that failed.
  std::set<std::string> failEach(const Deed& deed, bool fresh = false) {
    std::set<std::string> names;
    Trial whole;
    std::string before;
    m_calls.run({}, [&] {
      Vault vault(fresh ? nullptr : &m_folder);
      deed.prepare(vault);
      before = vault.state();
    });
    m_calls.run({}, [&] { whole = tryOnce(deed, fresh, whole); });
    REQUIRE(whole.worked);
    REQUIRE(whole.restarted == whole.then);
    for (const int error : ERRORS) {
      unsigned nth = 1;
      for (bool done = false; !done; ++nth) {
        REQUIRE(nth < MOST_CALLS);
        const auto open = faults::openDescriptors();
        Trial trial;
        const auto failed = m_calls.run(
            {nth, error, [this](const auto& call) { return m_armed && isOnFile(call); }},
            [&] { trial = tryOnce(deed, fresh, whole); });
        CAPTURE(error);
        CAPTURE(nth);
        CAPTURE(failed.value_or("none"));
        CHECK(faults::openDescriptors() == open);
        if (trial.worked)
          CHECK(trial.then == whole.then);
        else
          CHECK((trial.then == before || trial.then == whole.then));
        CHECK(trial.again);
        CHECK(trial.state == whole.then);
        CHECK(trial.restarted == whole.then);
        if (failed) names.insert(*failed);
        done = !failed;
      }
      CHECK(nth > 2);
    }
    return names;
  }

 private:
  Trial tryOnce(const Deed& deed, bool fresh, const Trial& whole) {
    Trial trial;
    Vault vault(fresh ? nullptr : &m_folder);
    deed.prepare(vault);
    const auto work = [&] {
      bool worked = false;
      kj::Maybe<kj::Exception> thrown =
          kj::runCatchingExceptions([&] { worked = deed.work(vault); });
      return worked && thrown == nullptr;
    };
    m_armed = true;
    trial.worked = work();
    m_armed = false;
    if (!vault.box) vault.restart();
    trial.then = vault.state();
    trial.again = trial.then == whole.then || whole.then.empty() || work();
    trial.state = vault.state();
    vault.restart();
    trial.restarted = vault.state();
    return trial;
  }

  TempDir m_made;
  const std::filesystem::path m_folder = m_made.path();
  std::atomic<bool> m_armed = false;
  faults::FailingCalls m_calls{[] {
    auto names = faults::storageCalls();
    std::erase(names, "getrandom");
    return names;
  }()};
};

const auto OPENED = [](Vault& vault) { return vault.open(); };
const auto LOCKED = [](Vault&) { return true; };

}  // namespace

TEST_CASE("a vault is made whole or not at all, whichever call fails") {
  const auto names =
      Storage().failEach({LOCKED, [](Vault& vault) { return vault.create(); }}, true);
  for (const char* name : {"openat", "pwrite64", "renameat"}) CHECK(names.contains(name));
}

TEST_CASE("a vault opens or says that it does not, whichever call fails") {
  Storage().failEach({LOCKED, [](Vault& vault) {
                        vault.restart();
                        return vault.open();
                      }});
}

TEST_CASE("what the vault is to keep is kept whole or not at all, whichever call fails") {
  Storage storage;
  SUBCASE("rows of a wallet") {
    const auto names = storage.failEach({OPENED, [](Vault& vault) { return vault.put("new"); }});
    CHECK(names.contains("pwrite64"));
    CHECK((names.contains("fsync") || names.contains("fdatasync")));
  }
  SUBCASE("rows of an app") {
    storage.failEach({OPENED, [](Vault& vault) { return vault.putApp("new"); }});
  }
  SUBCASE("a wallet") {
    storage.failEach({OPENED, [](Vault& vault) { return vault.addWallet("fedcba9876543210"); }});
  }
  SUBCASE("that a seed was written down") {
    storage.failEach({OPENED, [](Vault& vault) {
                        vault.box->store()->markBackedUp(ID);
                        return true;
                      }});
  }
  SUBCASE("another passphrase") {
    storage.failEach({OPENED, [](Vault& vault) { return vault.change(); }});
  }
}

}  // namespace sallyport::vault
