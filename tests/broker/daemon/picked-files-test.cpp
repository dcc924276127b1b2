// Handles of picked files: worth something to the window and origin that they were given to, and to
// nobody else.
#include "broker/daemon/picked-files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>

#include <fstream>
#include <iterator>

#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::Code;

struct PickedFixture {
  kj::AutoCloseFd opened(const std::string& name, int flags) const {
    return kj::AutoCloseFd(open((folder / name).c_str(), flags | O_CLOEXEC));
  }
  std::string keep(const Caller& caller, const std::string& name, int flags) {
    return files.keep(caller, {name, opened(name, flags)}).handle;
  }
  Code read(const Caller& caller, const std::string& handle) {
    const auto text = files.readPicked(caller, {handle}).wait(io.waitScope);
    return text.has_error() ? text.error().code : Code::INTERNAL;
  }
  std::string text(const std::string& handle) {
    return *files.readPicked(page, {handle}).wait(io.waitScope);
  }

  TestFolder folder;
  kj::AsyncIoContext io = kj::setupAsyncIo();
  files::WorkerPool workers;
  const AppFile app{};
  PickedFiles files{
      {app, [](const std::string&) { return nullptr; }, {}, [] { return false; }, workers, 0}};
  const Caller page{"main", "app"};
};

TEST_CASE_FIXTURE(PickedFixture,
                  "a handle reads and replaces its file, and nothing of its path is told") {
  folder.write("letter.txt", "a long first text");
  const auto kept = files.keep(page, {"letter.txt", opened("letter.txt", O_RDWR)});
  CHECK(kept.name == "letter.txt");
  CHECK(kept.handle.size() == 32);
  CHECK(text(kept.handle) == "a long first text");
  CHECK(files.writePicked(page, {kept.handle, "short"}).wait(io.waitScope).has_value());
  CHECK(text(kept.handle) == "short");
  std::ifstream in(folder / "letter.txt");
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "short");
}

TEST_CASE_FIXTURE(PickedFixture,
                  "a handle is worth nothing in another window, origin or spelling") {
  folder.write("a", "a");
  const auto handle = keep(page, "a", O_RDONLY);
  CHECK(read({"side", "app"}, handle) == Code::NOT_FOUND);
  CHECK(read({"main", "remote"}, handle) == Code::NOT_FOUND);
  CHECK(read(page, handle + "0") == Code::NOT_FOUND);
  CHECK(read(page, "") == Code::NOT_FOUND);
  CHECK(files.release({"side", "app"}, {handle}).error().code == Code::NOT_FOUND);
  CHECK(text(handle) == "a");
  CHECK(files.release(page, {handle}).has_value());
  CHECK(read(page, handle) == Code::NOT_FOUND);
}

TEST_CASE_FIXTURE(PickedFixture,
                  "a handle's bytes are read from an offset, replaced and appended") {
  folder.write("a", "0123456789");
  const auto handle = keep(page, "a", O_RDWR);
  const auto from = [&](std::int64_t offset) {
    const auto piece = files.readPickedBytes(page, {handle, offset}).wait(io.waitScope);
    return std::string(piece->bytes.view()) + (piece->end ? "." : "");
  };
  CHECK(from(7) == "789.");
  CHECK(files.writePickedBytes(page, {handle, {{0, 255}}, {}}).wait(io.waitScope).has_value());
  CHECK(files.writePickedBytes(page, {handle, {{'x'}}, true}).wait(io.waitScope).has_value());
  CHECK(from(0) == std::string("\0\xffx.", 4));
  const Caller other{"side", "app"};
  CHECK(files.readPickedBytes(other, {handle, {}}).wait(io.waitScope).error().code ==
        Code::NOT_FOUND);
  CHECK(files.writePickedBytes(other, {handle, {}, {}}).wait(io.waitScope).error().code ==
        Code::NOT_FOUND);
  const auto readOnly = keep(page, "a", O_RDONLY);
  CHECK(files.writePickedBytes(page, {readOnly, {}, {}}).wait(io.waitScope).error().code ==
        Code::DENIED);
}

TEST_CASE_FIXTURE(PickedFixture, "what was picked to be read is not written") {
  folder.write("a", "a");
  const auto handle = keep(page, "a", O_RDONLY);
  const auto refused = files.writePicked(page, {handle, "b"}).wait(io.waitScope);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Code::DENIED);
  CHECK(text(handle) == "a");
}

TEST_CASE_FIXTURE(PickedFixture, "a window holds a bounded number, and none once it is closed") {
  folder.write("a", "a");
  const auto other = keep({"side", "app"}, "a", O_RDONLY);
  const auto first = keep(page, "a", O_RDONLY);
  for (std::size_t i = 1; i < PickedFiles::MAX_HANDLES; ++i) keep(page, "a", O_RDONLY);
  CHECK(text(first) == "a");
  const auto last = keep(page, "a", O_RDONLY);
  CHECK(read(page, first) == Code::NOT_FOUND);
  CHECK(text(last) == "a");
  files.forget("main");
  CHECK(read(page, last) == Code::NOT_FOUND);
  CHECK(read({"side", "app"}, other) == Code::INTERNAL);  // was read
}

TEST_CASE_FIXTURE(PickedFixture, "without its window there is no dialog") {
  CHECK(files.pick(page, {}).wait(io.waitScope).error().code == Code::UNAVAILABLE);
  CHECK(files.pickSave(page, {}).wait(io.waitScope).error().code == Code::UNAVAILABLE);
}

}  // namespace
}  // namespace sallyport::daemon
