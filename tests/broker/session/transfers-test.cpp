// Large bytes both ways over a real socket: whole, refused, malformed, over each limit, after
// revoke, and who goes when.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/broker/session/attached.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace capabilities = sallyport::capabilities;
namespace proto = sallyport::proto;

namespace {

constexpr std::size_t MEBIBYTE = 1024UL * 1024;
constexpr std::size_t PIECE = proto::PIECE_BYTES;

struct Transfers : Attached {
  Transfers() {
    renderer.piece = [this](std::uint64_t) { return nextPiece(); };
  }

  // What the page gives: piece by piece until `content` is at its end.
  std::string nextPiece() {
    const std::string piece = content.substr(given, PIECE);
    given += piece.size();
    largest = std::max(largest, piece.size());
    return piece;
  }
  void gives(std::size_t bytes) {
    content.resize(bytes);
    for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<char>('a' + i * 7 % 26);
    given = 0;
  }
  CallOutcome take(std::uint64_t number, std::uint64_t bytes, const char* command = "cmd_take") {
    return renderer.start(command, "{\"data\":0}", 1, {{number, bytes}}).wait(io.waitScope);
  }
  // Everything of a download; how it ended.
  std::string readAll(std::uint64_t download, CallOutcome* failure = nullptr) {
    std::string all;
    while (true) {
      auto piece = renderer.readPiece(download);
      if (failure != nullptr) *failure = piece.failure;
      if (piece.bytes.empty()) return all;
      all += piece.bytes;
    }
  }
  // What nobody asked for waits for the clock: 16 MiB of refused calls.
  void checkRateHolds() {
    const std::string text(400UL * 1024, 'x');
    std::vector<kj::Promise<CallOutcome>> calls;
    for (int i = 0; i < 40; ++i) {
      calls.push_back(renderer.start("cmd_missing", "{\"text\":\"" + text + "\"}"));
    }
    poll();
    CHECK_FALSE(calls.back().poll(io.waitScope));
    CHECK_FALSE(reason());
  }
  std::size_t uploads() { return connection->uploads(); }
  std::size_t downloads() { return connection->downloads(); }

  std::string content;
  std::size_t given = 0;
  std::size_t largest = 0;
};

}  // namespace

TEST_CASE("bytes of a call come whole, a piece at a time and only as the handler reads") {
  Transfers f;
  f.gives(3 * MEBIBYTE + 5);
  CHECK(f.take(1, f.content.size()).value == std::to_string(f.content.size()));
  CHECK(f.handlers.taken == f.content);
  CHECK(f.largest == PIECE);
  CHECK(f.uploads() == 0);

  SUBCASE("a handler that reads nothing costs no piece") {
    f.given = 0;
    auto left = f.renderer.start("cmd_leave", "{\"one\":0}", 1, {{2, 100}});
    CHECK(left.poll(f.io.waitScope));
    CHECK(f.given == 0);
    CHECK(f.uploads() == 0);
  }
  SUBCASE("none at all are whole too") {
    f.gives(0);
    CHECK(f.take(2, 0).value == "0");
  }
  SUBCASE("in the text of the call") {
    CHECK(f.renderer.invoke("cmd_take", "{\"data\":\"AAEC\"}").value == "3");
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE("bytes that the broker asked for do not count against the rate, others do") {
  Transfers f;
  f.gives(64 * MEBIBYTE);  // eight seconds' worth of the rate, without the clock moving
  CHECK(f.take(1, f.content.size()).value == std::to_string(f.content.size()));
  f.checkRateHolds();
}

TEST_CASE("what was asked for and did not come is no credit for other messages") {
  Transfers f;
  int left = 40;  // each read asks for 512 KiB and gets one byte, the last one none
  f.renderer.piece = [&](std::uint64_t) { return std::string(left-- > 0 ? 1 : 0, 'x'); };
  CHECK(f.take(1, 64 * MEBIBYTE).code == "cancelled");
  f.checkRateHolds();
}

TEST_CASE("each field names its own bytes, each bytes are named") {
  Transfers f;
  f.gives(10);
  const auto call = [&](const char* json, std::uint64_t first, std::size_t count) {
    std::vector<Renderer::Upload> uploads;
    for (std::size_t i = 0; i < count; ++i) uploads.push_back({first + i, 10});
    return f.renderer.start("cmd_leave", json, 1, uploads).wait(f.io.waitScope);
  };
  CHECK(call("{\"one\":1,\"other\":0}", 1, 2).code.empty());
  CHECK(call("{\"one\":0,\"other\":0}", 3, 1).code == "invalid-argument");
  CHECK(call("{\"one\":0}", 5, 2).message == "bytes came with the call that no field names");
  CHECK(call("{\"one\":2}", 7, 2).code == "invalid-argument");
  CHECK(call("{\"one\":-1}", 9, 2).code == "invalid-argument");
  CHECK(call("{\"one\":0}", 11, 0).code == "invalid-argument");
  CHECK(call("{\"one\":true}", 11, 1).code == "invalid-argument");
  CHECK(call("{\"text\":0}", 12, 1).code == "invalid-argument");
  CHECK(f.handlers.calls == 1);
  CHECK(f.uploads() == 0);
  CHECK_FALSE(f.reason());
}

TEST_CASE("a page without the right gives nothing") {
  Transfers f;
  f.gives(10);
  CHECK(f.renderer.start("cmd_forbidden", "{}", 1, {{1, 10}}).wait(f.io.waitScope).code ==
        "denied");
  CHECK(f.given == 0);
  auto table = f.grants();
  f.row(*table, "cmd_take").limits.maxBytes = 20;
  f.connection->setGrants(table);
  CHECK(f.take(2, 11).code == "too-large");  // with the ten characters of the arguments
  CHECK(f.take(3, 10).value == "10");
}

TEST_CASE("each limit of uploads has its type") {
  Transfers f;
  const auto announce = [&](std::uint64_t first, std::size_t count, std::uint64_t bytes) {
    std::vector<Renderer::Upload> uploads;
    for (std::size_t i = 0; i < count; ++i) uploads.push_back({first + i, bytes});
    return f.renderer.start("cmd_leave", "{\"one\":0,\"other\":1}", 1, uploads)
        .wait(f.io.waitScope)
        .code;
  };
  constexpr std::size_t MOST = proto::MAX_UPLOADS_PER_CALL;
  constexpr std::uint64_t HALF = proto::MAX_TRANSFER_BYTES / 2;
  CHECK(announce(100, MOST, 1) == "invalid-argument");  // two of them are named
  CHECK(announce(200, MOST + 1, 1) == "too-large");
  CHECK(announce(300, 2, HALF).empty());
  CHECK(announce(400, 2, HALF + 1) == "too-large");
  CHECK(announce(500, 2, ~std::uint64_t{0}) == "too-large");
  CHECK_FALSE(f.reason());

  SUBCASE("open at once") {
    f.renderer.hangs = true;
    std::vector<kj::Promise<CallOutcome>> calls;
    for (std::uint64_t i = 0; i < proto::MAX_OPEN_UPLOADS; ++i) {
      calls.push_back(f.renderer.start("cmd_take", "{\"data\":0}", 1, {{1000 + i, 1}}));
    }
    f.poll();
    CHECK(f.uploads() == proto::MAX_OPEN_UPLOADS);
    CHECK(f.take(2000, 1).code == "rate-limited");
    SUBCASE("and one that is over makes room") {
      calls.pop_back();
      f.poll();
      f.renderer.hangs = false;
      f.gives(1);
      CHECK(f.take(2001, 1).value == "1");
    }
    CHECK_FALSE(f.reason());
  }
}

TEST_CASE("lying about uploads ends the session") {
  Transfers f;
  f.gives(100);
  SUBCASE("a number that was used") {
    CHECK(f.take(5, 100).value == "100");
    auto again = f.renderer.start("cmd_take", "{\"data\":0}", 1, {{5, 100}});
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("the same number twice in one call") {
    auto twice = f.renderer.start("cmd_leave", "{\"one\":0,\"other\":1}", 1, {{1, 1}, {1, 1}});
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("in a batch") {
    auto batch = f.renderer.startMany(
        {{"cmd_leave", "{\"one\":0}", {{2, 1}}}, {"cmd_leave", "{\"one\":0}", {{1, 1}}}}, 1);
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
    CHECK(f.handlers.calls == 0);
  }
  SUBCASE("more than was announced") {
    auto call = f.renderer.start("cmd_take", "{\"data\":0}", 1, {{1, 99}});
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("a piece that is too large") {
    f.renderer.piece = [](std::uint64_t) { return std::string(PIECE + 1, 'x'); };
    auto call = f.renderer.start("cmd_take", "{\"data\":0}", 1, {{1, 2 * PIECE}});
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
}

TEST_CASE("a handler learns that its bytes come no more") {
  Transfers f;
  f.gives(PIECE + 1);
  SUBCASE("the page took them back") {
    f.content.resize(PIECE);
    CHECK(f.take(1, PIECE + 1).code == "cancelled");
  }
  SUBCASE("the page does not answer") {
    f.renderer.hangs = true;
    auto call = f.renderer.start("cmd_keep", "{\"data\":0}", 1, {{1, PIECE}});
    f.poll();
    f.advance(proto::TRANSFER_IDLE_MS * kj::MILLISECONDS);
    CHECK(call.wait(f.io.waitScope).code == "cancelled");
  }
  SUBCASE("the session ends while a command runs to its end") {
    f.renderer.hangs = true;
    auto call = f.renderer.start("cmd_keep", "{\"data\":0}", 1, {{1, PIECE}});
    f.poll();
    f.connection->revoke();
    CHECK(f.reason() == EndReason::REVOKED);
    CHECK(f.running.onEmpty().poll(f.io.waitScope));
    return;
  }
  CHECK(f.uploads() == 0);
  CHECK_FALSE(f.reason());
}

TEST_CASE("the uploads of a batch belong to their calls") {
  Transfers f;
  f.renderer.piece = [](std::uint64_t upload) { return std::string(upload, 'u'); };
  f.renderer.invokeMany({{"cmd_take", "{\"data\":0}", {{3, 3}}},
                         {"cmd_take", "{\"data\":0}", {{7, 7}}},
                         {"cmd_echo", "{\"text\":\"\"}"}},
                        1);
  f.poll();
  CHECK(f.renderer.settlements.of(1).value == "3");
  CHECK(f.renderer.settlements.of(2).value == "7");
  CHECK(f.renderer.settlements.of(3).value == "\"\"");
}

TEST_CASE("bytes of an answer are read whole, a piece at a time") {
  Transfers f;
  const auto outcome = f.renderer.invoke("cmd_give", "{\"bytes\":1300000}");
  CHECK(outcome.value == "0");  // the first of the downloads
  REQUIRE(outcome.downloads.size() == 1);
  CHECK(f.renderer.readPiece(outcome.downloads[0]).bytes.size() == PIECE);
  CHECK(f.readAll(outcome.downloads[0]).size() == 1'300'000 - PIECE);
  CHECK(f.handlers.sourcesOver == 1);
  CHECK(f.downloads() == 0);
  CHECK(f.renderer.readPiece(outcome.downloads[0]).failure.code == "cancelled");

  SUBCASE("in a batch, each by a number of its own") {
    f.renderer.invokeMany({{"cmd_give", "{\"bytes\":1}"}, {"cmd_give", "{\"bytes\":2}"}}, 1);
    f.poll();
    const auto one = f.renderer.settlements.of(1).downloads.at(0);
    const auto other = f.renderer.settlements.of(2).downloads.at(0);
    CHECK(f.readAll(other) == "gg");
    CHECK(f.readAll(one) == "g");
  }
  SUBCASE("discarded") {
    const auto left = f.renderer.invoke("cmd_give", "{\"bytes\":10}").downloads.at(0);
    f.renderer.discard({left, 77});
    CHECK(f.handlers.sourcesOver == 2);
    CHECK(f.renderer.readPiece(left).failure.code == "cancelled");
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE("a source that is not what it said, or fails, ends its download and tells nothing") {
  Transfers f;
  using Giving = Handlers::Giving;
  CallOutcome failure;
  const auto give = [&](Giving giving) {
    f.handlers.giving = giving;
    const auto outcome = f.renderer.invoke("cmd_give", "{\"bytes\":10}");
    CHECK(f.readAll(outcome.downloads.at(0), &failure).empty());
    return failure.code;
  };
  CHECK(give(Giving::SHORT) == "internal");
  CHECK(give(Giving::LONG) == "internal");
  CHECK(give(Giving::FAIL) == "not-found");
  CHECK(failure.message == "The file is gone.");
  CHECK(give(Giving::THROW) == "internal");
  CHECK(failure.message.find(f.handlers.canary) == std::string::npos);
  CHECK(f.journal.last("incident").detail.find(f.handlers.canary) != std::string::npos);
  CHECK(f.handlers.sourcesOver == 4);
  CHECK(f.downloads() == 0);
  CHECK_FALSE(f.reason());
}

TEST_CASE("each limit of downloads has its type") {
  Transfers f;
  for (std::uint64_t i = 0; i < proto::MAX_OPEN_DOWNLOADS; ++i) {
    CHECK(f.renderer.invoke("cmd_give", "{\"bytes\":1}").code.empty());
  }
  CHECK(f.renderer.invoke("cmd_give", "{\"bytes\":1}").code == "rate-limited");
  CHECK(f.handlers.sourcesOver == 1);
  SUBCASE("what nobody reads is dropped") {
    f.advance(proto::TRANSFER_IDLE_MS * kj::MILLISECONDS / 2);
    CHECK(f.readAll(1) == "g");
    f.renderer.readPiece(2);
    f.advance(proto::TRANSFER_IDLE_MS * kj::MILLISECONDS / 2);
    f.advance(proto::TRANSFER_IDLE_MS * kj::MILLISECONDS / 2);
    CHECK(f.downloads() == 0);
    CHECK(f.renderer.invoke("cmd_give", "{\"bytes\":1}").code.empty());
  }
  SUBCASE("more than may be at all") {
    f.renderer.discard({1});
    CHECK(f.renderer.invoke("cmd_give", "{\"bytes\":268435457}").code == "too-large");
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE("lying about downloads ends the session") {
  Transfers f;
  f.renderer.invoke("cmd_give", "{\"bytes\":10}");
  SUBCASE("a number that was never given") {
    auto read = f.renderer.startRead(2);
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("no number") {
    auto read = f.renderer.startRead(0);
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("two reads at once") {
    f.handlers.giving = Handlers::Giving::NEVER;
    auto first = f.renderer.startRead(1);
    f.poll();
    auto second = f.renderer.startRead(1);
    CHECK(f.reason() == EndReason::BAD_TRANSFER);
  }
  SUBCASE("more discarded than there may be") {
    f.renderer.discard(std::vector<std::uint64_t>(proto::MAX_OPEN_DOWNLOADS + 1, 1));
    CHECK(f.reason() == EndReason::BATCH_SIZE);
  }
  CHECK(f.handlers.sourcesOver == 1);
}

TEST_CASE("a download goes with its grant, its running limit and its session") {
  Transfers f;
  auto table = f.grants();
  f.row(*table, "cmd_give").limits.concurrent = 1;
  f.connection->setGrants(table);
  const auto open = f.renderer.invoke("cmd_give", "{\"bytes\":10}").downloads.at(0);
  CHECK(f.renderer.invoke("cmd_give", "{\"bytes\":1}").code == "rate-limited");
  SUBCASE("the grant goes") {
    auto without = f.grants();
    f.row(*without, "cmd_give").allowed = false;
    f.connection->setGrants(without);
    f.poll();
    CHECK(f.handlers.sourcesOver == 1);
    CHECK(f.renderer.readPiece(open).failure.code == "denied");
    CHECK(f.downloads() == 0);
    CHECK_FALSE(f.reason());
  }
  SUBCASE("its scope becomes another one") {
    auto other = f.grants();
    f.row(*other, "cmd_give").scope.allow.push_back({"/else", {}});
    f.connection->setGrants(other);
    f.poll();
    CHECK(f.renderer.readPiece(open).failure.code == "denied");
  }
  SUBCASE("the grant goes during a read") {
    f.handlers.giving = Handlers::Giving::NEVER;
    auto read = f.renderer.startRead(open);
    f.poll();
    auto without = f.grants();
    f.row(*without, "cmd_give").allowed = false;
    f.connection->setGrants(without);
    CHECK(read.wait(f.io.waitScope).failure.code == "denied");
    f.poll();
    CHECK(f.handlers.sourcesOver == 1);
  }
  SUBCASE("it is discarded during a read") {
    f.handlers.giving = Handlers::Giving::NEVER;
    auto read = f.renderer.startRead(open);
    f.poll();
    f.renderer.discard({open});
    CHECK(read.wait(f.io.waitScope).failure.code == "cancelled");
    f.poll();
    CHECK(f.handlers.sourcesOver == 1);
    CHECK_FALSE(f.reason());
  }
  SUBCASE("what stays granted stays open") {
    f.connection->setGrants(f.grants());
    f.poll();
    CHECK(f.readAll(open).size() == 10);
  }
  SUBCASE("the session ends during a read") {
    f.handlers.giving = Handlers::Giving::NEVER;
    auto read = f.renderer.startRead(open);
    f.poll();
    f.connection->revoke();
    CHECK(f.reason() == EndReason::REVOKED);
    CHECK(f.handlers.sourcesOver == 1);
  }
}

TEST_CASE("another window cannot read a download") {
  Transfers f;
  const auto open = f.renderer.invoke("cmd_give", "{\"bytes\":10}").downloads.at(0);
  auto pipe = f.io.provider->newCapabilityPipe();
  auto other = f.connect(kj::mv(pipe.ends[0]), "other");
  Renderer stranger(f, *pipe.ends[1]);
  stranger.attach();
  CHECK(stranger.readPiece(open).failure.broken.find("refused") == std::string::npos);
  auto ended = other->ended();
  CHECK(ended.wait(f.io.waitScope) == EndReason::BAD_TRANSFER);
  CHECK(f.readAll(open).size() == 10);
}
