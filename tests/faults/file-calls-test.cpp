// Each system call of the broker's storage code fails once, with each error that a disk, a full
// table or a signal gives: what was there is whole or what was to be, nothing is beside it, who
// asked is told, nothing stays open, and the next attempt goes through.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/exception.h>
#include <kj/timer.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "broker/daemon/kept-pages.h"
#include "broker/daemon/own-file.h"
#include "broker/daemon/private-directory.h"
#include "broker/files/file-operations.h"
#include "broker/files/folder-operations.h"
#include "tests/broker/daemon/test-folder.h"
#include "tests/broker/files/files-fixture.h"
#include "tests/faults/failing-calls.h"

namespace sallyport::faults {
namespace {

namespace fs = commands::fs;
using files::test::FilesFixture;
using files::test::outcome;

constexpr int ERRORS[] = {EIO, ENOSPC, EINTR, EMFILE, ENOMEM};
constexpr unsigned MOST_CALLS = 200;

const std::string OLD = "what was there before";
const std::string NEW = "and what is to be there instead, which is longer";

// Path and content of all that is in a folder; of a folder, that it is one.
using Content = std::map<std::string, std::string>;

Content contentOf(const std::filesystem::path& folder) {
  Content content;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    content[entry.path().lexically_relative(folder).string()] =
        entry.is_directory() ? "a folder" : std::string(std::istreambuf_iterator<char>(in), {});
  }
  return content;
}

// One thing to do in a folder of its own, again and again.
class Deed {
 public:
  virtual ~Deed() = default;
  virtual std::filesystem::path folder() const = 0;
  virtual std::string work() = 0;  // "ok", or how it was refused
};

using MakeDeed = std::function<std::unique_ptr<Deed>()>;
enum class Steps { ONE, MANY };  // MANY: each of its own is done or not

bool isBetween(const Content& now, const Content& before, const Content& after) {
  return std::all_of(now.begin(), now.end(), [&](const auto& entry) {
    const auto isIn = [&](const Content& content) {
      const auto found = content.find(entry.first);
      return found != content.end() && found->second == entry.second;
    };
    return isIn(before) || isIn(after);
  });
}

// The names of the calls that failed.
std::set<std::string> failEach(FailingCalls& calls, const MakeDeed& make, Steps steps) {
  std::set<std::string> names;
  const auto whole = make();
  const auto before = contentOf(whole->folder());
  REQUIRE(whole->work() == "ok");
  const auto after = contentOf(whole->folder());
  static const std::set<std::string> REFUSALS{"limit", "unavailable", "denied", "conflict"};
  for (const int error : ERRORS) {
    unsigned nth = 1;
    for (bool done = false; !done; ++nth) {
      REQUIRE(nth < MOST_CALLS);
      const auto deed = make();
      const auto open = openDescriptors();
      std::string how;
      const auto failed = calls.run({nth, error, {}}, [&] { how = deed->work(); });
      CAPTURE(error);
      CAPTURE(nth);
      CAPTURE(failed.value_or("none"));
      CHECK(openDescriptors() == open);
      const auto now = contentOf(deed->folder());
      if (how == "ok") {
        CHECK(now == after);
      } else {
        CHECK(REFUSALS.contains(how));
        CHECK((now == before || now == after ||
               (steps == Steps::MANY && isBetween(now, before, after))));
        // What was done and could not be made sure of is not done twice.
        if (now != after) CHECK(deed->work() == "ok");
        CHECK(contentOf(deed->folder()) == after);
      }
      if (failed) names.insert(*failed);
      done = !failed;
    }
    CHECK(nth > 2);
  }
  return names;
}

// What a page asks for.
template <typename Work>
class PageDeed final : public Deed {
 public:
  explicit PageDeed(Work work) : m_work(work) {
    m_files.write("data/notes/a", OLD);
    std::filesystem::create_directories(m_files.home / "data/tree/deep");
    m_files.write("data/tree/one", OLD);
    m_files.write("data/tree/deep/two", OLD);
  }
  std::filesystem::path folder() const override { return m_files.home; }
  std::string work() override { return m_work(m_files); }

 private:
  FilesFixture m_files;
  Work m_work;
};

template <typename Work>
MakeDeed page(Work work) {
  return [work] { return std::make_unique<PageDeed<Work>>(work); };
}

// What the broker does for itself.
template <typename Work>
class OwnDeed final : public Deed {
 public:
  explicit OwnDeed(Work work) : m_work(work) {
    m_folder.write("own/a", OLD);
    std::filesystem::permissions(m_folder / "own", std::filesystem::perms::owner_all);
  }
  std::filesystem::path folder() const override { return m_folder.path(); }
  std::string work() override { return m_work(m_folder); }

 private:
  daemon::TestFolder m_folder;
  Work m_work;
};

template <typename Work>
MakeDeed own(Work work) {
  return [work] { return std::make_unique<OwnDeed<Work>>(work); };
}

std::string writes(FilesFixture& files, const char* name, fs::WriteMode mode) {
  return outcome(files::writeText(files.reach, {std::string("$APPDATA/notes/") + name, NEW, mode}));
}

}  // namespace

TEST_CASE("a page's write is whole or not there, whichever call fails") {
  FailingCalls calls(storageCalls());
  const auto write = [&](const char* name, fs::WriteMode mode) {
    return failEach(
        calls, page([=](FilesFixture& files) { return writes(files, name, mode); }), Steps::ONE);
  };
  const auto lacks = [](const std::set<std::string>& names) {
    std::string missing;
    for (const auto* step : {"openat2", "write", "fsync", "linkat", "renameat"})
      if (!names.contains(step)) missing += std::string(missing.empty() ? "" : " ") + step;
    return missing;
  };
  CHECK(lacks(write("a", fs::WriteMode::REPLACE)).empty());
  CHECK(lacks(write("b", fs::WriteMode::REPLACE)).empty());
  CHECK(lacks(write("b", fs::WriteMode::CREATE)) == "renameat");
  write("a", fs::WriteMode::APPEND);
  write("b", fs::WriteMode::APPEND);
}

TEST_CASE("where a file cannot be without a name, a write is whole or not there all the same") {
  FailingCalls calls(storageCalls());
  const auto isNameless = [](const SystemCall& call) {
    if (call.number != SYS_openat2) return false;
    open_how how{};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the caller's own, and it waits
    std::memcpy(&how, reinterpret_cast<const void*>(call.arguments[2]), sizeof how);
    return (how.flags & O_TMPFILE) == O_TMPFILE;
  };
  for (const char* name : {"a", "b"}) {
    FilesFixture files;
    files.write("data/notes/a", OLD);
    std::string how;
    const auto failed = calls.run({1, EOPNOTSUPP, isNameless},
                                  [&] { how = writes(files, name, fs::WriteMode::REPLACE); });
    CHECK(failed == "openat2");
    CHECK(how == "ok");
    CHECK(files.read(std::string("data/notes/") + name) == NEW);
    CHECK(files.names("data/notes").size() == (*name == 'a' ? 1 : 2));
  }
}

TEST_CASE("what else a page does with its files is done or not, whichever call fails") {
  FailingCalls calls(storageCalls());
  const auto each = [&](const MakeDeed& make, Steps steps = Steps::ONE) {
    return failEach(calls, make, steps);
  };
  SUBCASE("reading") {
    each(page([](FilesFixture& f) { return outcome(readText(f.reach, {"$APPDATA/notes/a"})); }));
    each(page([](FilesFixture& f) {
      return outcome(readFile(f.reach, {"$APPDATA/notes/a", {}}));
    }));
    each(page([](FilesFixture& f) { return outcome(statFile(f.reach, {"$APPDATA/notes/a"})); }));
    const auto names =
        each(page([](FilesFixture& f) { return outcome(readFolder(f.reach, {"$APPDATA/tree"})); }));
    CHECK(names.contains("getdents64"));
  }
  SUBCASE("copying") {
    each(page([](FilesFixture& f) {
      return outcome(copyFile(f.reach, {"$APPDATA/tree/one", "$APPDATA/notes/b", {}}));
    }));
    each(page([](FilesFixture& f) {
      return outcome(copyFile(f.reach, {"$APPDATA/tree/one", "$APPDATA/notes/a", true}));
    }));
  }
  SUBCASE("renaming") {
    const auto names = each(page([](FilesFixture& f) {
      return outcome(renameFile(f.reach, {"$APPDATA/tree", "$APPDATA/notes/tree", {}}));
    }));
    CHECK(names.contains("getdents64"));
  }
  SUBCASE("making folders") {
    each(page([](FilesFixture& f) {
           return outcome(makeFolder(f.reach, {"$APPDATA/x/y/z", true}));
         }),
         Steps::MANY);
  }
  SUBCASE("removing") {
    each(page([](FilesFixture& f) {
      return outcome(removeFile(f.reach, {"$APPDATA/notes/a", {}}));
    }));
    each(page([](FilesFixture& f) {
           return outcome(removeFile(f.reach, {"$APPDATA/tree", true}));
         }),
         Steps::MANY);
  }
}

TEST_CASE("what is out of a page's reach stays there, whichever call fails") {
  FailingCalls calls(storageCalls());
  for (const int error : ERRORS) {
    unsigned nth = 1;
    for (bool done = false; !done; ++nth) {
      FilesFixture files;
      std::filesystem::create_directories(files.home / "data/tree");
      files.write("data/tree/.hidden", OLD);
      const auto before = contentOf(files.home);
      std::string moved, removed;
      const auto failed = calls.run({nth, error, {}}, [&] {
        moved = outcome(renameFile(files.reach, {"$APPDATA/tree", "$APPDATA/notes/tree", {}}));
        removed = outcome(removeFile(files.reach, {"$APPDATA/tree", true}));
      });
      CAPTURE(error);
      CAPTURE(nth);
      CHECK(moved != "ok");
      CHECK(removed != "ok");
      CHECK(contentOf(files.home) == before);
      done = !failed;
    }
    CHECK(nth > 10);
  }
}

TEST_CASE("what is appended to a picked file is there whole or not at all, whichever call fails") {
  FailingCalls calls(storageCalls());
  failEach(calls,
           own([](daemon::TestFolder& folder) {
             const kj::AutoCloseFd file(open((folder / "own/a").c_str(), O_RDWR | O_CLOEXEC));
             if (file.get() < 0) return std::string("unavailable");  // whoever picked it
             return outcome(files::writeTo(file, NEW, true, 0));
           }),
           Steps::ONE);
}

TEST_CASE("a file of the broker's own is the old one or the new one, whichever call fails") {
  FailingCalls calls(storageCalls());
  const auto names = failEach(
      calls,
      own([](daemon::TestFolder& folder) {
        return daemon::replaceOwnFile(folder / "own/a", NEW) ? std::string("ok") : "unavailable";
      }),
      Steps::ONE);
  CHECK(names.contains("rename"));
  failEach(calls,
           own([](daemon::TestFolder& folder) {
             return daemon::readOwnFile(folder / "own/a", 100) == OLD ? std::string("ok")
                                                                      : "unavailable";
           }),
           Steps::ONE);
}

TEST_CASE("what a page had saved is not thrown away because it could not be read") {
  FailingCalls calls(storageCalls());
  failEach(calls,
           own([](daemon::TestFolder& folder) {
             kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
             daemon::Journal journal{-1};
             daemon::KeptPages kept(folder / "own", timer, journal);
             return kept.read({"a"}).size() == 1 ? std::string("ok") : "unavailable";
           }),
           Steps::ONE);
}

TEST_CASE("a private folder is made and locked or refused, whichever call fails") {
  FailingCalls calls(storageCalls());
  const auto names = failEach(calls,
                              own([](daemon::TestFolder& folder) {
                                if (daemon::preparePrivateDirectory(folder / "state/app"))
                                  return std::string("unavailable");
                                std::string how = "unavailable";
                                kj::runCatchingExceptions([&] {
                                  if (daemon::lockDirectory(folder / "state/app")) how = "ok";
                                });
                                return how;
                              }),
                              Steps::MANY);
  CHECK(names.contains("flock"));
  CHECK(names.contains("mkdir"));
}

}  // namespace sallyport::faults
