// Who dies when during a call: the broker's whole session and the renderer's link over a socketpair
// in one process, the broker's clock in the test's hand. Each promise of the page settles once,
// what a handler committed stays, and nothing grows.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"
#include "broker/session/window-connection.h"
#include "renderer/link/session-link.h"
#include "tests/broker/session/window-fixture.h"

namespace sallyport::renderer {

namespace {

using session::WindowConnection;

enum class Cause { RELOAD, KILL, DEADLINE, REVOKE, CANCEL, SHUTDOWN };
// In the socket and not read; its handler is running; its outcome is in the socket and not read;
// more of them than may run at once, some running and some waiting, and a single one; with channels
// open, of which one waits for an item, one is full and one is being opened.
enum class Stage { BEFORE, IN, AFTER, MANY, CHANNEL };
constexpr std::array CAUSES{
    Cause::RELOAD, Cause::KILL, Cause::DEADLINE, Cause::REVOKE, Cause::CANCEL, Cause::SHUTDOWN};
constexpr std::array STAGES{Stage::BEFORE, Stage::IN, Stage::AFTER, Stage::CHANNEL, Stage::MANY};
std::string nameOf(Cause cause) {
  constexpr std::array NAMES{"reload", "kill", "deadline", "revoke", "cancel", "shutdown"};
  return NAMES[static_cast<std::size_t>(cause)];
}
std::string nameOf(Stage stage) {
  constexpr std::array NAMES{"before", "in", "after", "many", "channel"};
  return NAMES[static_cast<std::size_t>(stage)];
}

// The promises of a page: as bridge.js, it settles what it cancels itself.
class PageFake final : public SessionEvents {
 public:
  void started(const Start&) override { isStarted = true; }
  void succeeded(CallId id, std::string_view, const std::vector<OpenDownload>&) override {
    settle(id, "value");
  }
  void failed(const Failure& failure) override { settle(failure.id, failure.code); }
  bool load(const std::string&) override { return true; }
  void close() override { isClosed = true; }
  void deliver(const std::vector<Event>&, const std::vector<Dropped>&) override {}
  void disconnected() override { isGone = true; }

  void settle(CallId id, const std::string& how) { settled[id].push_back(how); }

  bool isStarted = false;
  bool isClosed = false;
  bool isGone = false;
  std::map<CallId, std::vector<std::string>> settled;
};

struct Application {
  int argc = 1;
  std::array<char, 5> name{"test"};
  std::array<char*, 2> argv{name.data(), nullptr};
  QCoreApplication app{argc, argv.data()};
};

constexpr Pace::Rates UNPACED{1e9, 1e12, 1e9};

// One window: both ends of its socket.
class World {
 public:
  World(qt_loop::QtLoop& loop, kj::TimerImpl& timer)
      : m_loop(loop), m_timer(timer), m_registry(handlers.registry()) {
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    auto grants = std::make_shared<capabilities::Grants>();
    grants->rows.resize(m_registry.rows());
    for (auto& row : grants->rows) row.allowed = true;
    m_events = std::make_unique<session::WindowEvents>(
        m_hub, session::WindowEvents::Owner{"main", "app", grants});
    connection = kj::heap<WindowConnection>(
        kj::heap<qt_loop::QtSocketStream>(
            loop.port(), kj::AutoCloseFd(pair[0]), qt_loop::Descriptors::ACCEPTED),
        WindowConnection::Broker{timer, m_registry, m_journal, m_running},
        WindowConnection::Window{{"main", "app"},
                                 {"main", "app://test/index.html", "Test", "", ""},
                                 grants,
                                 *m_events,
                                 m_assets,
                                 []() -> kj::Promise<bool> { return true; }});
    link = std::make_unique<SessionLink>(loop, kj::AutoCloseFd(pair[1]), page, UNPACED);
    m_ended = connection->ended().then([this](session::EndReason) { hasEnded = true; });
    m_ended = m_ended.eagerlyEvaluate(nullptr);
    link->attach("engine");
    until([this] { return page.isStarted; });
  }
  ~World() {
    link = nullptr;
    connection = nullptr;
    m_loop.turn();
  }

  template <typename Condition>
  void until(const Condition& condition) {
    QElapsedTimer elapsed;
    elapsed.start();
    while (!condition()) {
      m_loop.turn();
      QCoreApplication::processEvents();
      REQUIRE(elapsed.elapsed() < 20'000);
    }
  }
  // What is under way arrives, however it is cut.
  void drain() {
    for (int i = 0; i < 8; ++i) {
      m_loop.turn();
      QCoreApplication::processEvents();
    }
  }
  void advance(kj::Duration by) {
    m_timer.advanceTo(m_timer.now() + by);
    m_loop.turn();
  }
  void fulfillAll() {
    auto all = std::exchange(handlers.waiting, {});
    for (auto& one : all) one->fulfill();
  }
  bool idle() { return m_running.onEmpty().poll(m_loop.waitScope()); }

  session::tests::Handlers handlers;
  PageFake page;
  std::unique_ptr<SessionLink> link;
  kj::Own<WindowConnection> connection;
  bool hasEnded = false;

 private:
  qt_loop::QtLoop& m_loop;
  kj::TimerImpl& m_timer;
  session::tests::JournalFake m_journal;
  session::tests::AssetsFake m_assets;
  session::RunningCommands m_running{m_journal};
  session::EventHub m_hub{m_journal};
  std::unique_ptr<session::WindowEvents> m_events;
  commands::Registry m_registry;
  kj::Promise<void> m_ended = nullptr;
};

// Channels instead of calls. What the page asked for is answered once; nobody is there after a
// kill.
class ChannelCase {
 public:
  ChannelCase(World& world, Cause cause, CallId first)
      : m_world(world),
        m_cause(cause),
        m_silent(first),
        m_full(first + 1),
        m_opening(first + 2),
        m_next(first + 3) {}

  void run() {
    begin();
    happen();
    finish();
    check();
  }

 private:
  ChannelReads& channels() { return m_world.link->channels(); }
  PageFake& page() { return m_world.page; }

  void open(CallId id, const char* command, const char* arguments) {
    channels().open(id, command, arguments, [this, id](const std::optional<Failure>& failure) {
      page().settle(id, failure ? failure->code : "value");
    });
  }

  void begin() {
    const auto before = m_world.handlers.listens;
    open(m_silent, "cmd_listen", "{}");
    open(m_full, "cmd_flood", R"({"bytes":70000})");
    m_world.until([&] { return m_world.handlers.listens == before + 1; });
    m_world.fulfillAll();  // the opening, and no item
    m_world.until(
        [&] { return page().settled.count(m_silent) + page().settled.count(m_full) == 2; });
    // A next of the silent one waits; the other's window fills; a third is not open yet.
    channels().next(m_silent, [this](ChannelStep&& step) {
      page().settle(m_next, step.failure ? step.failure->code : "value");
    });
    open(m_opening, "cmd_listen", "{}");
    m_world.until([&] { return m_world.handlers.listens == before + 2; });
    m_world.drain();
  }

  void happen() {
    switch (m_cause) {
      case Cause::RELOAD:
        m_world.link->cancelAll();
        break;
      case Cause::KILL:
        m_world.link = nullptr;
        break;
      case Cause::DEADLINE:
        m_world.advance(1 * kj::SECONDS);
        m_world.until([&] { return page().settled.count(m_opening) == 1; });
        CHECK(page().settled.count(m_next) == 0);  // an open channel has none
        m_world.fulfillAll();
        m_world.until([&] { return page().settled.count(m_next) == 1; });
        closeAll();
        break;
      case Cause::REVOKE:
        m_world.connection->revoke();
        break;
      case Cause::CANCEL:
        closeAll();
        break;
      case Cause::SHUTDOWN: {
        auto closed = m_world.connection->close();
        m_world.until([&] { return page().isClosed; });
        m_world.connection->revoke();
        break;
      }
    }
  }
  void closeAll() {
    for (const CallId id : {m_silent, m_full, m_opening}) channels().close(id);
  }

  void finish() {
    const bool ends =
        m_cause == Cause::KILL || m_cause == Cause::REVOKE || m_cause == Cause::SHUTDOWN;
    if (ends) m_world.until([&] { return m_world.hasEnded; });
    if (m_world.link != nullptr && ends) m_world.until([&] { return page().isGone; });
    m_world.until([&] {
      return m_world.handlers.streamsOver == m_world.handlers.streams &&
             (ends || m_world.connection->channels().open() == 0);
    });
    m_world.fulfillAll();  // nobody waits for these
    m_world.advance(1 * kj::SECONDS);
    m_world.drain();
  }

  void check() {
    INFO(nameOf(m_cause) << " with channels open");
    const bool nobody = m_cause == Cause::KILL;
    for (const CallId id : {m_silent, m_full}) {
      CHECK(page().settled[id] == std::vector<std::string>{"value"});
    }
    for (const CallId id : {m_next, m_opening}) {
      INFO((id == m_next ? "next" : "opening"));
      const auto& how = page().settled[id];
      REQUIRE(how.size() == (nobody ? 0 : 1));
      if (nobody) continue;
      CAPTURE(how[0]);
      CHECK(isRight(id, how[0]));
    }
    CHECK(m_world.idle());
    if (m_world.link != nullptr) CHECK(m_world.link->open() == 0);
    page().settled.clear();
  }

  bool isRight(CallId id, const std::string& how) const {
    switch (m_cause) {
      case Cause::DEADLINE:
        return how == (id == m_next ? "value" : "deadline");
      case Cause::RELOAD:
      case Cause::CANCEL:
        return how == "cancelled";
      default:
        return how == "disconnected" || how == "internal";
    }
  }

  World& m_world;
  Cause m_cause;
  CallId m_silent;
  CallId m_full;
  CallId m_opening;
  CallId m_next;
};

class Case {
 public:
  Case(World& world, Cause cause, Stage stage, CallId first)
      : m_world(world), m_cause(cause), m_stage(stage), m_first(first) {}

  void run() {
    if (m_stage == Stage::CHANNEL) {
      ChannelCase(m_world, m_cause, m_first).run();
      return;
    }
    call();
    happen();
    finish();
    check();
  }

 private:
  static constexpr int MANY = 150;  // over maxStartedCalls

  // Half of the calls are cancelled with their window, half run to their end.
  void call() {
    m_count = m_stage == Stage::MANY ? MANY : 2;
    const bool alone = m_stage == Stage::MANY;
    for (int i = 0; i < m_count; ++i) {
      m_world.link->invoke(m_first + i, i % 2 == 0 ? "cmd_wait" : "cmd_finish", "{}");
      if (alone && i == 0) m_world.link->flush();  // the single way
    }
    m_world.link->flush();
    const auto before = m_world.handlers.calls;
    if (m_stage == Stage::BEFORE) {
      if (m_count == 2) m_world.link->flush();
      return;
    }
    const int running = std::min(m_count, static_cast<int>(proto::MAX_STARTED_CALLS) + 1);
    m_world.until([&] { return m_world.handlers.calls == before + running; });
    if (m_stage == Stage::AFTER) {
      m_world.fulfillAll();
      m_world.advance(0 * kj::SECONDS);  // to the socket, and not to the page
    }
  }

  void happen() {
    switch (m_cause) {
      case Cause::RELOAD:
        m_world.link->cancelAll();
        m_world.link->flush();
        break;
      case Cause::KILL:
        m_world.link = nullptr;
        break;
      case Cause::DEADLINE:
        m_world.drain();
        m_world.advance(1 * kj::SECONDS);
        m_world.drain();
        // Those that waited for their turn have theirs now.
        m_world.advance(1 * kj::SECONDS);
        break;
      case Cause::REVOKE:
        m_world.connection->revoke();
        break;
      case Cause::CANCEL:
        for (int i = 0; i < m_count; ++i) {
          const CallId id = m_first + i;
          if (m_world.page.settled.count(id) != 0) continue;
          m_world.link->cancel(id);
          m_world.page.settle(id, "cancelled");
        }
        m_world.link->flush();
        break;
      case Cause::SHUTDOWN: {
        auto closed = m_world.connection->close();
        m_world.until([&] { return m_world.page.isClosed; });
        m_world.connection->revoke();
        break;
      }
    }
  }

  // What runs to its end does so, and nobody is told twice.
  void finish() {
    const bool ends =
        m_cause == Cause::KILL || m_cause == Cause::REVOKE || m_cause == Cause::SHUTDOWN;
    if (ends) m_world.until([&] { return m_world.hasEnded; });
    if (m_world.link != nullptr && ends) m_world.until([&] { return m_world.page.isGone; });
    do {
      m_world.drain();
      m_world.fulfillAll();
      m_world.drain();
    } while (!m_world.handlers.waiting.empty());
    if (!ends) m_world.until([&] { return m_world.connection->batches().open() == 0; });
    m_world.advance(2 * kj::SECONDS);  // no deadline is left over, and the guard's rates are full
    m_world.drain();
  }

  void check() {
    for (int i = 0; i < m_count; ++i) {
      const auto found = m_world.page.settled.find(m_first + i);
      const std::size_t times = found == m_world.page.settled.end() ? 0 : found->second.size();
      const bool nobody = m_cause == Cause::RELOAD || m_cause == Cause::KILL;
      INFO(nameOf(m_cause) << " " << nameOf(m_stage) << " call " << i << " settled " << times);
      if (times != (nobody ? 0 : 1)) CHECK(times == (nobody ? 0 : 1));
      if (times == 1) {
        const std::string& how = found->second[0];
        const bool right = how == "value" || how == expected() ||
                           (m_cause == Cause::SHUTDOWN && how == "internal") ||
                           (m_cause == Cause::REVOKE && how == "internal");
        if (!right) CHECK(how == expected());
      }
    }
    INFO(nameOf(m_cause) << " " << nameOf(m_stage));
    // Every handler that was started has ended in one of the two ways, and the ones that run to
    // their end did.
    CHECK(m_world.handlers.finished + m_world.handlers.dropped == m_world.handlers.calls);
    CHECK(m_world.idle());
    if (m_world.link != nullptr) CHECK(m_world.link->open() == 0);
    m_world.page.settled.clear();
  }

  std::string expected() const {
    switch (m_cause) {
      case Cause::DEADLINE:
        return "deadline";
      case Cause::CANCEL:
        return "cancelled";
      default:
        return "disconnected";
    }
  }

  World& m_world;
  Cause m_cause;
  Stage m_stage;
  CallId m_first;
  int m_count = 0;
};

std::size_t residentKib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool MEASURES = false;
constexpr int REPEATS = 240;
#else
constexpr bool MEASURES = true;
constexpr int REPEATS = 10'000;
#endif
constexpr std::size_t ALLOWED_GROWTH_KIB = 2048;

struct Fixture {
  Application application;
  qt_loop::QtLoop loop;
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
};

}  // namespace

TEST_CASE("whoever dies whenever during a call, every promise settles once") {
  Fixture f;
  for (const Cause cause : CAUSES) {
    for (const Stage stage : STAGES) {
      World world(f.loop, f.timer);
      Case(world, cause, stage, 1).run();
    }
  }
}

TEST_CASE("whatever ends a call stops the handler that may be stopped and no other") {
  Fixture f;
  for (const Cause cause : CAUSES) {
    World world(f.loop, f.timer);
    Case(world, cause, Stage::IN, 1).run();
    INFO(nameOf(cause));
    CHECK(world.handlers.dropped == 1);   // cmd_wait
    CHECK(world.handlers.finished == 1);  // cmd_finish
  }
}

TEST_CASE("ten thousand windows that die in every way leave nothing behind") {
  Fixture f;
  std::size_t before = 0;
  for (int i = 0; i < REPEATS; ++i) {
    if (i == REPEATS / 10) before = residentKib();
    // MANY is 75 times the work of the others.
    const Stage stage = i % 100 < 96 ? STAGES[static_cast<std::size_t>(i) % 4] : Stage::MANY;
    World world(f.loop, f.timer);
    Case(world, CAUSES[static_cast<std::size_t>(i) / 4 % 6], stage, 1).run();
  }
  const std::size_t growth = residentKib() - std::min(residentKib(), before);
  CAPTURE(growth);
  CHECK((!MEASURES || growth < ALLOWED_GROWTH_KIB));
}

TEST_CASE(
    "one window in which ten thousand calls are cancelled, reloaded or too late stays small") {
  Fixture f;
  World world(f.loop, f.timer);
  constexpr std::array SURVIVED{Cause::RELOAD, Cause::DEADLINE, Cause::CANCEL};
  std::size_t before = 0;
  CallId next = 1;
  for (int i = 0; i < REPEATS; ++i) {
    if (i == REPEATS / 10) before = residentKib();
    const Stage stage = i % 100 < 96 ? STAGES[static_cast<std::size_t>(i) % 4] : Stage::MANY;
    Case(world, SURVIVED[static_cast<std::size_t>(i) / 4 % 3], stage, next).run();
    next += 1000;
  }
  CHECK_FALSE(world.hasEnded);
  const std::size_t growth = residentKib() - std::min(residentKib(), before);
  CAPTURE(growth);
  CHECK((!MEASURES || growth < ALLOWED_GROWTH_KIB));
}

// As a worker's calls come: each a message of its own to the page, so a flush of its own.
TEST_CASE("calls that leave one by one keep within what may be open at once") {
  Fixture f;
  World world(f.loop, f.timer);
  constexpr CallId CALLS = 1'000;
  for (CallId id = 1; id <= CALLS; ++id) {
    world.link->invoke(id, "cmd_echo", R"({"text":"x","times":1})");
    world.link->flush();
  }
  world.until([&] { return world.page.settled.size() == CALLS || world.hasEnded; });
  CHECK_FALSE(world.hasEnded);
  CHECK(std::all_of(world.page.settled.begin(), world.page.settled.end(), [](const auto& call) {
    return call.second.size() == 1;
  }));
}

}  // namespace sallyport::renderer
