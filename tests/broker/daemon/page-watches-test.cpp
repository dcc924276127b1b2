// The watches of pages on a real folder and the broker's loop: items, limits, and what a watch
// leaves.
#include "broker/daemon/page-watches.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "broker/files/folder-watch.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

namespace fs = commands::fs;
using Stream = commands::Stream<fs::FileChange>;

struct WatchesFixture : TestFolder {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  files::WorkerPool workers;
  PageWatches watches{{&io.unixEventPort, io.provider->getTimer(), workers}, places()};
  std::shared_ptr<const capabilities::Scope> scope = scopeOf("$APPDATA/**");

  WatchesFixture() { std::filesystem::create_directories(path() / "data/notes"); }
  files::Places places() const {
    files::Places all;
    all.variables = {{"$APPDATA", (std::filesystem::canonical(path()) / "data").string()}};
    return all;
  }
  static std::shared_ptr<const capabilities::Scope> scopeOf(const std::string& text) {
    auto scope = std::make_shared<capabilities::Scope>();
    std::string problem;
    scope->allow.push_back({text, {}});
    REQUIRE(parseScopePattern(capabilities::ScopeKind::PATH,
                              capabilities::ScopeSide::ALLOW,
                              text,
                              scope->allow.back().pattern,
                              problem));
    return scope;
  }
  commands::Result<Stream> open(const std::string& window = "main",
                                const std::string& folder = "$APPDATA/notes") {
    return watches.watch({window, "app", scope}, {folder, true}).wait(io.waitScope);
  }
  std::string codeOf(const std::string& window, const std::string& folder = "$APPDATA/notes") {
    auto opened = open(window, folder);
    return opened.has_error() ? std::string(commands::codeName(opened.error().code)) : "ok";
  }
  // In one step: made and then written would be two changes, told together or one after the other.
  void write(const std::string& name) const {
    std::ofstream(path() / "draft") << "x";
    std::filesystem::rename(path() / "draft", path() / "data/notes" / name);
  }
  std::string take(kj::Promise<commands::Result<std::optional<fs::FileChange>>> next) {
    const auto item = next.wait(io.waitScope);
    if (item.has_error()) return std::string(commands::codeName(item.error().code));
    const auto& change = *item;
    return change ? change->path : "end";
  }
};

TEST_CASE_FIXTURE(WatchesFixture, "an item comes when something happens, asked before or after") {
  auto opened = open();
  REQUIRE(opened.has_value());
  Stream& stream = opened.value();
  write("before");
  CHECK(take(stream.next()) == "before");
  for (const char* name : {"one", "two", "three"}) {
    auto next = stream.next();
    CHECK_FALSE(next.poll(io.waitScope));
    write(name);
    CHECK(take(kj::mv(next)) == name);
  }
  std::filesystem::remove_all(path() / "data/notes");
  std::string last;
  while ((last = take(stream.next())) != "not-found") CHECK(last != "end");
}

TEST_CASE_FIXTURE(WatchesFixture, "a window has so many watches, and gets them back") {
  std::vector<Stream> held;
  for (std::size_t i = 0; i < fs::MAX_WATCHES_PER_WINDOW; ++i) {
    auto opened = open();
    REQUIRE(opened.has_value());
    held.push_back(std::move(opened.value()));
  }
  CHECK(codeOf("main") == "limit");
  CHECK(codeOf("side") == "ok");  // and it is gone again at once
  auto waiting = held.back().next();
  CHECK_FALSE(waiting.poll(io.waitScope));
  waiting = nullptr;
  held.pop_back();
  CHECK(codeOf("main") == "ok");
}

TEST_CASE_FIXTURE(WatchesFixture, "all windows together have so many watches") {
  std::vector<Stream> held;
  for (std::size_t i = 0; i < fs::MAX_WATCHES; ++i) {
    auto opened = open("window-" + std::to_string(i / fs::MAX_WATCHES_PER_WINDOW));
    REQUIRE(opened.has_value());
    held.push_back(std::move(opened.value()));
  }
  CHECK(codeOf("another") == "limit");
  held.clear();
  CHECK(codeOf("another") == "ok");
}

TEST_CASE_FIXTURE(WatchesFixture, "a watch that is refused takes no place") {
  for (std::size_t i = 0; i <= fs::MAX_WATCHES_PER_WINDOW; ++i) {
    CHECK(codeOf("main", "/etc") == "denied");
    CHECK(codeOf("main", "$APPDATA/none") == "not-found");
  }
  scope = nullptr;
  CHECK(codeOf("main") == "denied");
  scope = scopeOf("$APPDATA/**");
  CHECK(codeOf("main") == "ok");
}

TEST_CASE_FIXTURE(WatchesFixture,
                  "where the loop has no events of the kernel, nothing is watched") {
  PageWatches none{{nullptr, io.provider->getTimer(), workers}, places()};
  const auto opened =
      none.watch({"main", "app", scope}, {"$APPDATA/notes", true}).wait(io.waitScope);
  REQUIRE(opened.has_error());
  CHECK(opened.error().code == commands::Code::NOT_SUPPORTED);
}

}  // namespace
}  // namespace sallyport::daemon
