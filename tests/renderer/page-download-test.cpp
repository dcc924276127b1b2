// Large bytes of one answer that the page fetches in parts: what comes goes to the part that it
// belongs to, in order, and nothing is read ahead of those who take it.
#include "renderer/bridge/page-download.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <QCoreApplication>
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "renderer/bridge/page-downloads.h"

namespace sallyport::renderer {

namespace {

constexpr std::size_t PART = PageDownload::PART_BYTES;
constexpr std::uint64_t NUMBER = 7;

class FakeSource final : public PageDownload::Source {
 public:
  void read(std::uint64_t number, DownloadReads::Came came) override {
    CHECK(number == NUMBER);
    CHECK(!waiting);
    waiting = std::move(came);
  }
  void discard(std::uint64_t number) override {
    CHECK(number == NUMBER);
    ++discarded;
  }
  void failed(const QString& path, const Failure& failure) override {
    failures.push_back(path.toStdString() + " " + failure.code);
  }

  void answer(DownloadReads::Piece&& piece) {
    REQUIRE(waiting);
    auto came = *std::exchange(waiting, std::nullopt);
    came(kj::mv(piece));
  }
  // Bytes that say where they are.
  void give(std::size_t size) {
    auto bytes = kj::heapArray<kj::byte>(size);
    for (auto& byte : bytes) byte = static_cast<kj::byte>(given++ % 251);
    answer({kj::mv(bytes), std::nullopt});
  }
  void end() { answer({}); }

  std::optional<DownloadReads::Came> waiting;
  std::size_t given = 0;
  int discarded = 0;
  std::vector<std::string> failures;
};

class FakePart final : public PageDownload::Part {
 public:
  bool hasRoom() const override { return room > 0; }
  void came(PageDownload::Slice&& slice) override {
    CHECK(state == "open");
    room -= 1;
    bytes.insert(bytes.end(), slice.bytes.begin(), slice.bytes.end());
  }
  void ended() override { state = "ended"; }
  void failed() override { state = state == "open" ? "failed" : state; }

  bool isRight(std::size_t start, std::size_t size) const {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != (start + i) % 251) return false;
    }
    return bytes.size() == size;
  }

  int room = 100;
  std::string state = "open";
  std::vector<kj::byte> bytes;
};

struct Fixture {
  explicit Fixture(std::uint64_t bytes)
      : download(std::make_shared<PageDownload>(source, OpenDownload{NUMBER, bytes}, "/x")) {}

  FakeSource source;
  std::shared_ptr<PageDownload> download;
  FakePart first;
  FakePart second;
  FakePart third;
};

}  // namespace

TEST_CASE("pieces of any size go to the parts that they belong to, also to one that comes later") {
  Fixture f(2 * PART + 7);
  CHECK(f.download->take(1, f.second));
  CHECK(!f.source.waiting);  // the first part is not there
  CHECK(f.download->take(0, f.first));
  f.source.give(PART - 3);
  f.source.give(10);
  CHECK(f.first.isRight(0, PART));
  CHECK(f.first.state == "ended");
  CHECK(f.second.isRight(PART, 7));
  f.source.give(PART);
  CHECK(f.second.isRight(PART, PART));
  CHECK(f.second.state == "ended");
  CHECK(!f.source.waiting);  // seven bytes wait for the third part
  CHECK(f.download->take(2, f.third));
  CHECK(f.third.isRight(2 * PART, 7));
  CHECK(f.third.state == "open");
  f.source.end();
  CHECK(f.third.state == "ended");
  CHECK(f.download->isOver());
  CHECK(f.download->areAllTaken());
  CHECK(f.source.discarded == 0);
}

TEST_CASE("nothing is read for a part that has no room, until it says that it has") {
  Fixture f(PART);
  f.first.room = 1;
  CHECK(f.download->take(0, f.first));
  f.source.give(10);
  CHECK(!f.source.waiting);
  f.first.room = 1;
  f.download->resume();
  CHECK(f.source.waiting);
}

TEST_CASE("each part is taken once, and there are no others") {
  Fixture f(PART + 1);
  CHECK(f.download->take(0, f.first));
  CHECK(!f.download->take(0, f.second));
  CHECK(!f.download->take(2, f.second));
  CHECK(f.download->take(1, f.second));
  Fixture exact(PART);
  CHECK(exact.download->take(0, exact.first));
  CHECK(exact.download->areAllTaken());
}

TEST_CASE("no bytes are over at once") {
  Fixture f(0);
  CHECK(f.download->take(0, f.first));
  CHECK(f.first.state == "ended");
  CHECK(f.source.discarded == 1);
  CHECK(!f.source.waiting);
}

TEST_CASE("a failure is kept for the page, and ends the parts that are not whole") {
  Fixture f(2 * PART);
  CHECK(f.download->take(0, f.first));
  f.source.give(PART + 1);
  CHECK(!f.source.waiting);
  CHECK(f.download->take(1, f.second));
  Failure failure;
  failure.code = "not-found";
  f.source.answer({{}, failure});
  CHECK(f.source.failures == std::vector<std::string>{"/x not-found"});
  CHECK(f.first.state == "ended");
  CHECK(f.second.state == "failed");
  CHECK(f.source.discarded == 0);  // it is over at the broker
}

TEST_CASE("a part that leaves early ends the download, one that is whole does not") {
  Fixture f(3 * PART);
  CHECK(f.download->take(0, f.first));
  CHECK(f.download->take(1, f.second));
  f.source.give(PART);
  f.download->leave(f.first, true);
  CHECK(f.source.discarded == 0);
  f.download->leave(f.second, false);
  CHECK(f.source.discarded == 1);
  CHECK(!f.download->take(2, f.third));
  f.source.give(1);  // was under way
  CHECK(f.second.bytes.empty());
  f.download->cancel();
  CHECK(f.source.discarded == 1);
}

TEST_CASE("what comes after the page has let go of everything finds nobody") {
  Fixture f(PART);
  CHECK(f.download->take(0, f.first));
  f.download.reset();
  f.source.give(1);
  CHECK(f.first.bytes.empty());
}

namespace {

class NoEvents final : public SessionEvents {
 public:
  void started(const Start&) override {}
  void succeeded(CallId, std::string_view, const std::vector<OpenDownload>&) override {}
  void failed(const Failure&) override {}
  bool load(const std::string&) override { return true; }
  void close() override {}
  void deliver(const std::vector<Event>&, const std::vector<Dropped>&) override {}
  void disconnected() override {}
};

}  // namespace

TEST_CASE("bytes that failed before all of their parts were fetched are not kept for ever") {
  int argc = 1;
  char name[] = "test";
  char* argv[] = {name, nullptr};
  const QCoreApplication app(argc, argv);
  qt_loop::QtLoop loop;
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const kj::AutoCloseFd broker(pair[1]);  // which answers nothing
  NoEvents events;
  SessionLink link(loop, kj::AutoCloseFd(pair[0]), events);
  PageDownloads downloads(loop, link);
  for (std::uint64_t number = 1; number <= 5; ++number) {
    const auto path = downloads.offer({number, 2 * PART});
    CHECK(downloads.offered() == 1);
    FakePart part;
    const auto download = downloads.take(path + "/0", part);
    REQUIRE(download);
    download->leave(part, false);
    CHECK(part.state == "open");
    CHECK(download->isOver());
  }
  downloads.clear();
  CHECK(downloads.offered() == 0);
}

}  // namespace sallyport::renderer
