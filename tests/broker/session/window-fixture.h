// A window's connection with everything behind it made by hand: commands, grants, files, journal
// and a clock that only the test moves. The other end of the socket is the test's.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/timer.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/registry.h"
#include "broker/session/window-connection.h"
#include "proto/session.capnp.h"

namespace sallyport::session::tests {

class JournalFake final : public SessionJournal {
 public:
  struct Line {
    std::string what;  // "attached", "ended", "refused", "incident", "page"
    std::string window;
    std::string command;
    std::string text;  // reason, code, incident id or line
    std::string detail;
  };
  void attached(std::string_view window, std::string_view engine) override;
  void ended(std::string_view window, EndReason reason) override;
  void refused(std::string_view window, std::string_view command, commands::Code code) override;
  void incident(std::string_view window,
                std::string_view command,
                std::string_view incident,
                std::string_view detail) override;
  void pageLine(std::string_view window, PageLevel level, std::string_view text) override;

  std::size_t count(std::string_view what) const;
  const Line& last(std::string_view what) const;

  std::vector<Line> lines;
};

// "/index.html" (small) and "/big.bin" (bigBytes of it).
class AssetsFake final : public AssetSource {
 public:
  std::optional<AssetPiece> read(std::string_view path,
                                 std::uint64_t offset,
                                 std::size_t maxBytes) override;
  std::size_t bigBytes = 600 * 1024;
  std::vector<std::string> asked;

 private:
  std::string m_big;
};

// What the commands of the module "test" did.
struct Handlers {
  int calls = 0;
  int dropped = 0;   // promises of cmd_wait that were cancelled
  int finished = 0;  // cmd_finish that ran to its end
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  int made = 0;         // items of cmd_count and cmd_flood
  int listens = 0;      // calls of cmd_listen
  int streams = 0;      // opened
  int streamsOver = 0;  // of those, destroyed
  // Of cmd_give: how its source behaves, how many there were, and how many were destroyed.
  enum class Giving { WHOLE, SHORT, LONG, FAIL, THROW, NEVER };
  Giving giving = Giving::WHOLE;
  int sources = 0;
  int sourcesOver = 0;
  std::string taken;  // by cmd_take and cmd_keep
  std::string canary = "/secret/canary.cpp:42";

  // Of the module "test" as well.
  commands::Emitter<std::string> note;    // evt_note: each waits
  commands::Emitter<std::int32_t> level;  // evt_level: only the last one waits
  commands::Emitter<std::string> state;   // evt_state: sticky
  commands::Emitter<std::string> secret;  // evt_secret: not granted
  commands::Emitter<std::string> denied;  // evt_denied: granted and denied

  commands::Registry registry();

 private:
  void addStreams(commands::Module& module);
  void addTransfers(commands::Module& module);
};

// Lets the window go to "https://go.example/", and has one host, "host.example", on every port.
class OutsideFake final : public Outside {
 public:
  explicit OutsideFake(kj::AsyncIoContext& io) : m_io(io) {}
  bool navigate(std::string_view url) override;
  kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> connect(std::string_view host,
                                                             std::uint16_t port) override;

  std::vector<std::string> asked;
  std::vector<kj::Own<kj::AsyncIoStream>> servers;  // the other ends
  bool waits = false;                               // a connection never comes about

 private:
  kj::AsyncIoContext& m_io;
};

class Loop {
 public:
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};

  void poll() { io.waitScope.poll(); }
  // What comes of it without a move of the clock or of the test. Throws where nothing does.
  template <typename T>
  T answer(kj::Promise<T> promise) {
    // A look that a signal interrupted is none.
    const bool came = promise.poll(io.waitScope) || promise.poll(io.waitScope);
    KJ_REQUIRE(came, "nobody answers");
    return promise.wait(io.waitScope);
  }
  void advance(kj::Duration duration);
};

class WindowFixture : public Loop {
 public:
  // With an end of a socketpair of the test's own, or with one whose other end is `peer`.
  explicit WindowFixture(int brokerEnd = -1);
  ~WindowFixture() noexcept(false);

  // Grants everything but cmd_forbidden and evt_secret; cmd_denied and evt_denied have a deny
  // beside their allow.
  std::shared_ptr<capabilities::Grants> grants();
  capabilities::Grant& row(capabilities::Grants& grants, std::string_view name);

  // Another window with the same everything.
  kj::Own<WindowConnection> connect(kj::Own<kj::AsyncCapabilityStream> stream, std::string label);

  // Set once the connection ended.
  std::optional<EndReason> reason();

  Handlers handlers;
  commands::Registry registry;
  JournalFake journal;
  AssetsFake assets;
  RunningCommands running{journal};
  EventHub hub{journal};
  std::map<std::string, std::unique_ptr<WindowEvents>> events;  // by label
  kj::Maybe<kj::Own<kj::PromiseFulfiller<bool>>> cage;          // answers verifyCage, when held
  bool cageHolds = true;
  bool holdCage = false;
  OutsideFake outside{io};
  kj::Own<kj::AsyncCapabilityStream> peer;
  kj::Own<WindowConnection> connection;

 private:
  std::optional<EndReason> m_reason;
  kj::Promise<void> m_watch = nullptr;
};

// What a call came to, as the renderer learns it.
struct CallOutcome {
  std::string value;
  std::string code;  // empty for a value
  std::string message;
  std::string command;
  std::string window;
  std::uint64_t id = 0;
  std::string incident;
  std::string broken;                    // the exception's text when the call itself failed
  std::vector<std::uint64_t> downloads;  // their numbers
};
CallOutcome read(proto::Outcome::Reader sent);

// Every outcome of invokeMany in the order of arrival, by answer or by settle.
struct Settlements {
  std::vector<std::pair<std::uint64_t, CallOutcome>> all;
  std::size_t messages = 0;  // calls of settle
  void take(capnp::List<proto::Settlement>::Reader outcomes);
  std::size_t count(std::uint64_t id) const;  // 1 is right
  const CallOutcome& of(std::uint64_t id) const;
};

// What a renderer of ours hosts.
class ControlFake final : public proto::RendererControl::Server {
 public:
  explicit ControlFake(std::vector<std::string>& calls) : m_calls(calls) {}
  bool* hang = nullptr;
  Settlements* settlements = nullptr;
  std::function<std::string(std::uint64_t upload)>* piece = nullptr;  // what a read answers

 protected:
  kj::Promise<void> load(LoadContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> deliver(DeliverContext context) override;
  kj::Promise<void> settle(SettleContext context) override;
  kj::Promise<void> read(ReadContext context) override;

 private:
  kj::Promise<void> done();
  std::vector<std::string>& m_calls;
};

// An honest renderer on the other end, in the same loop.
class Renderer {
 public:
  explicit Renderer(WindowFixture& fixture) : Renderer(fixture, *fixture.peer) {}
  Renderer(WindowFixture& fixture, kj::AsyncIoStream& stream);

  proto::Start::Reader attach();
  using Outcome = CallOutcome;
  struct Upload {
    std::uint64_t number;
    std::uint64_t bytes;
  };
  kj::Promise<Outcome> start(std::string command,
                             std::string arguments,
                             std::uint64_t id = 1,
                             const std::vector<Upload>& uploads = {});
  Outcome invoke(std::string command, std::string arguments = "{}", std::uint64_t id = 1);

  struct Call {
    std::string command;
    std::string arguments = "{}";
    std::vector<Upload> uploads = {};
  };
  // One invokeMany with ids from firstId on; resolves when it was answered, to the exception's
  // text.
  kj::Promise<std::string> startMany(const std::vector<Call>& calls, std::uint64_t firstId);
  std::string invokeMany(const std::vector<Call>& calls, std::uint64_t firstId);
  kj::Promise<std::string> startCancel(const std::vector<std::uint64_t>& ids);
  enum class Document { SAME, FRESH, READY };
  // What was refused, as "index code …"; the exception's text when the call itself failed.
  std::string listen(const std::vector<std::string>& names, Document document = Document::SAME);
  Settlements settlements;

  // What an open or a next came to.
  struct Step {
    std::vector<std::string> items;
    bool more = false;
    CallOutcome failure;
  };
  kj::Promise<Outcome> startOpen(std::uint64_t channel,
                                 std::string command,
                                 std::string arguments = "{}");
  Outcome open(std::uint64_t channel, std::string command, std::string arguments = "{}");
  kj::Promise<Step> startNext(std::uint64_t channel);
  Step next(std::uint64_t channel);
  void close(std::uint64_t channel);

  // What a read of a download came to.
  struct Piece {
    std::string bytes;
    CallOutcome failure;
  };
  kj::Promise<Piece> startRead(std::uint64_t download);
  Piece readPiece(std::uint64_t download);
  void discard(const std::vector<std::uint64_t>& downloads);

  bool hangs = false;
  std::function<std::string(std::uint64_t upload)> piece;  // what a read of an upload answers
  std::vector<std::string> controlCalls;
  capnp::TwoPartyClient client;
  proto::Session::Client session;

 private:
  WindowFixture& m_fixture;
  kj::Maybe<capnp::Response<proto::Session::AttachResults>> m_attached;
};

}  // namespace sallyport::session::tests
