// The disk takes so many bytes and not one more: at each place where that can be, the old file is
// whole or the new one, nothing else is left, and who asked is told.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <iterator>

#include "broker/daemon/own-file.h"
#include "broker/files/file-operations.h"
#include "tests/broker/daemon/test-folder.h"
#include "tests/broker/files/files-fixture.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::faults {
namespace {

namespace fs = std::filesystem;

// Writes past this place of a file fail; as on a full disk, the bytes before it are written.
class FullAt {
 public:
  explicit FullAt(rlim_t bytes) : m_handler(::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &m_former);
    const rlimit limit{bytes, m_former.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullAt() {
    setrlimit(RLIMIT_FSIZE, &m_former);
    ::signal(SIGXFSZ, m_handler);
  }
  FullAt(const FullAt&) = delete;
  FullAt& operator=(const FullAt&) = delete;

 private:
  rlimit m_former{};
  void (*m_handler)(int);
};

std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t entriesOf(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

const std::string OLD = "what was there before";
const std::string NEW = "and what is to be there instead, which is longer";

}  // namespace

TEST_CASE("a file of the broker's own is the old one or the new one, wherever the disk is full") {
  daemon::TestFolder folder;
  const auto file = folder.write("windows.json", OLD);
  for (rlim_t bytes = 0; bytes < NEW.size(); ++bytes) {
    CAPTURE(bytes);
    bool replaced = true;
    {
      const FullAt full(bytes);
      replaced = daemon::replaceOwnFile(file, NEW);
    }
    CHECK_FALSE(replaced);
    CHECK(contentOf(file) == OLD);
    CHECK(entriesOf(folder.path()) == 1);
  }
  const FullAt full(NEW.size());
  CHECK(daemon::replaceOwnFile(file, NEW));
  CHECK(contentOf(file) == NEW);
}

TEST_CASE_FIXTURE(files::test::FilesFixture,
                  "a page's file is the old one or the new one, wherever the disk is full") {
  write("data/notes/a.txt", OLD);
  const auto writeNew = [&] {
    return files::writeText(reach, {"$APPDATA/notes/a.txt", NEW, commands::fs::WriteMode::REPLACE});
  };
  for (rlim_t bytes = 0; bytes < NEW.size(); ++bytes) {
    CAPTURE(bytes);
    {
      const FullAt full(bytes);
      const auto written = writeNew();
      REQUIRE(written.has_error());
      CHECK(written.error().code == commands::Code::LIMIT);
    }
    CHECK(read("data/notes/a.txt") == OLD);
    CHECK(names("data/notes").size() == 1);
  }
  const FullAt full(NEW.size());
  CHECK(writeNew().has_value());
  CHECK(read("data/notes/a.txt") == NEW);
}

// As many as it takes: each of them is once the one that is not there.
TEST_CASE_FIXTURE(files::test::FilesFixture,
                  "a page's file is the old one or the new one, whichever descriptor is missing") {
  write("data/notes/a.txt", OLD);
  unsigned free = 0;
  for (bool done = false; !done; ++free) {
    CAPTURE(free);
    REQUIRE(free < 20);
    {
      const NoDescriptors none(getpid(), free);
      const auto written =
          files::writeText(reach, {"$APPDATA/notes/a.txt", NEW, commands::fs::WriteMode::REPLACE});
      done = written.has_value();
      CHECK((done || written.error().code == commands::Code::UNAVAILABLE));
    }
    CHECK(read("data/notes/a.txt") == (done ? NEW : OLD));
    CHECK(names("data/notes").size() == 1);
  }
  CHECK(free > 1);
}

}  // namespace sallyport::faults
