// Memory is refused once, at each place of what the broker and the vault do with their files: what
// was there is whole or what was to be, who asked is told, and the next attempt goes through.
#include <doctest/doctest.h>
#include <kj/exception.h>

#include <functional>
#include <memory>
#include <new>
#include <string>

#include "broker/daemon/own-file.h"
#include "broker/files/file-operations.h"
#include "broker/files/folder-operations.h"
#include "broker/vault/app-records.h"
#include "broker/vault/wallet-store.h"
#include "tests/broker/files/files-fixture.h"
#include "tests/broker/vault/fixtures.h"
#include "tests/faults/failing-memory.h"

namespace sallyport::faults {
namespace {

namespace fs = commands::fs;
using files::test::FilesFixture;
using files::test::outcome;

const std::string OLD = "what was there before", NEW = "what is to be there, which is longer";

// True: it was done. What is thrown, a worker or the vault's edge catches.
template <typename Work>
bool done(Work work) {
  bool worked = false;
  kj::Maybe<kj::Exception> thrown = kj::runCatchingExceptions([&] { worked = work(); });
  refuseMemoryAfter(-1);
  return worked && thrown == nullptr;
}

// In a child: whether what must hold did.
template <typename Work, typename IsOld, typename IsNew>
Refusal attempt(long place, Work work, IsOld isOld, IsNew isNew) {
  refuseMemoryAfter(place);
  const bool worked = done(work);
  const bool refused = wasMemoryRefused();
  if (!isNew() && (worked || !isOld())) return Refusal::WRONG;
  if (!isNew() && !done(work)) return Refusal::WRONG;
  if (!isNew()) return Refusal::WRONG;
  return !refused ? Refusal::NOT_REACHED : worked ? Refusal::DONE : Refusal::TOLD;
}

void eachPlace(const std::function<Refusal(long place)>& trial) {
  long place = 0, told = 0;
  for (;; ++place) {
    REQUIRE(place < 5000);
    CAPTURE(place);
    const auto outcome = inChild([&] { return trial(place); });
    CHECK(
        (outcome == Refusal::DONE || outcome == Refusal::TOLD || outcome == Refusal::NOT_REACHED));
    if (outcome == Refusal::TOLD) ++told;
    if (outcome != Refusal::DONE && outcome != Refusal::TOLD) break;
  }
  MESSAGE(place << " places, " << told << " of them told");
  CHECK(told > 0);
}

// A page's deed on "notes/a".
void eachPlaceOfPage(const std::function<bool(FilesFixture&)>& work, const std::string& after) {
  eachPlace([&](long place) {
    FilesFixture files;
    files.write("data/notes/a", OLD);
    return attempt(
        place,
        [&] { return work(files); },
        [&] { return files.read("data/notes/a") == OLD && files.names("data/notes").size() == 1; },
        [&] {
          return files.names("data/notes").size() == 1 && files.read("data/notes/a") == after;
        });
  });
}

}  // namespace

TEST_CASE("a page's file is the old or the new one, wherever memory is refused") {
  const auto write = [](fs::WriteMode mode) {
    return [mode](FilesFixture& files) {
      return outcome(files::writeText(files.reach, {"$APPDATA/notes/a", NEW, mode})) == "ok";
    };
  };
  eachPlaceOfPage(write(fs::WriteMode::REPLACE), NEW);
  eachPlaceOfPage(write(fs::WriteMode::APPEND), OLD + NEW);
  eachPlaceOfPage(
      [](FilesFixture& files) {
        const auto text = files::readText(files.reach, {"$APPDATA/notes/a"});
        return text.has_value() && *text == OLD;
      },
      OLD);
  eachPlaceOfPage(
      [](FilesFixture& files) {
        const auto folder = files::readFolder(files.reach, {"$APPDATA/notes"});
        return folder.has_value() && folder->entries.size() == 1 && folder->complete;
      },
      OLD);
}

TEST_CASE("a file of the broker's own is the old or the new one, wherever memory is refused") {
  eachPlace([](long place) {
    FilesFixture files;
    files.write("data/notes/a", OLD);
    const auto path = files.home / "data/notes/a";
    return attempt(
        place,
        [&] { return daemon::replaceOwnFile(path, NEW); },
        [&] { return daemon::readOwnFile(path, 100) == OLD; },
        [&] {
          return files.names("data/notes").size() == 1 && daemon::readOwnFile(path, 100) == NEW;
        });
  });
}

// A vault ends where its database's cipher has no memory (sql.cpp): what it had is there for the
// next.
TEST_CASE("the vault's rows are the old or the new ones, wherever memory is refused") {
  using vault::Bytes;
  const auto bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  const auto open = [](vault::StateDir& dir, bool create) {
    vault::initCrypto();
    vault::Keyring keys{vault::secretOf(std::string(32, 'd')),
                        vault::secretOf(std::string(32, 'r'))};
    return vault::WalletStore(dir, vault::Header(), kj::mv(keys), create);
  };
  const auto put = [&](vault::WalletStore& store, const std::string& value) {
    vault::AppRecords records(store.sql());
    return records.put("space", {{"one", bytes(value)}, {"two", bytes(value)}}).has_value();
  };
  const auto has = [&](vault::WalletStore& store, const std::string& value) {
    vault::AppRecords records(store.sql());
    const auto rows = records.list("space", "", "", 10, false);
    return rows.size() == 2 && rows[0].value == bytes(value) && rows[1].value == bytes(value);
  };
  long place = 0, told = 0, ended = 0;
  for (;; ++place) {
    REQUIRE(place < 5000);
    CAPTURE(place);
    const vault::TempDir folder;
    const auto outcome = inChild([&] {
      vault::StateDir dir(folder.path());
      auto store = open(dir, true);
      put(store, OLD);
      return attempt(
          place,
          [&] { return put(store, NEW); },
          [&] { return has(store, OLD); },
          [&] { return has(store, NEW); });
    });
    CHECK(outcome != Refusal::WRONG);
    const auto next = inChild([&] {
      vault::StateDir dir(folder.path());
      auto store = open(dir, false);
      const bool holds = has(store, NEW) || (outcome == Refusal::ENDED && has(store, OLD));
      return holds && put(store, NEW) ? Refusal::DONE : Refusal::WRONG;
    });
    CHECK(next == Refusal::DONE);
    told += outcome == Refusal::TOLD ? 1 : 0;
    ended += outcome == Refusal::ENDED ? 1 : 0;
    if (outcome == Refusal::NOT_REACHED) break;
  }
  MESSAGE(place << " places, " << told << " of them told, " << ended << " the end of the process");
  CHECK(told > 0);
  CHECK(ended <= told);
}

}  // namespace sallyport::faults
