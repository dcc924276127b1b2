// Sequences of calls that are each well made: every method of Session in any order, with any
// argument, dropped at any time, with a clock that jumps and a renderer that stops reading or
// answering. In memory; the raw bytes are session-fuzz's.
#include <dirent.h>
#include <kj/debug.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/broker/session/window-fixture.h"
#include "tests/fuzz/bytes.h"

using namespace sallyport;
using namespace sallyport::session;
using namespace sallyport::session::tests;

namespace {

constexpr std::size_t MAX_STEPS = 200;
constexpr std::array<const char*, 20> COMMANDS{
    "cmd_echo",     "cmd_missing", "cmd_large",  "cmd_throw",     "cmd_throw_later",
    "cmd_internal", "cmd_wait",    "cmd_finish", "cmd_forbidden", "cmd_denied",
    "cmd_count",    "cmd_flood",   "cmd_listen", "cmd_break",     "cmd_take",
    "cmd_keep",     "cmd_leave",   "cmd_give",   "cmd_no_such",   ""};
constexpr std::array<const char*, 11> ARGUMENTS{"{}",
                                                "{\"text\":\"a\"}",
                                                "{\"bytes\":70000}",
                                                "{\"bytes\":3}",
                                                "{\"to\":5}",
                                                "{\"to\":100000}",
                                                "{\"data\":0}",
                                                "{\"one\":1,\"other\":0}",
                                                "{\"text\":1}",
                                                "[",
                                                ""};
constexpr std::array<const char*, 6> EVENTS{
    "evt_note", "evt_level", "evt_state", "evt_secret", "evt_denied", "evt_none"};

class Silent final : public kj::ExceptionCallback {
 public:
  void logMessage(kj::LogSeverity, const char*, int, int, kj::String&&) override {}
};

std::size_t openDescriptors() {
  std::size_t count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  while (folder != nullptr && readdir(folder) != nullptr) ++count;
  if (folder != nullptr) closedir(folder);
  return count;
}

class Case {
 public:
  explicit Case(fuzz::Bytes bytes) : m_bytes(bytes), m_renderer(m_broker) {
    m_renderer.piece = [this](std::uint64_t) { return std::string(m_bytes.below(400), 'p'); };
  }

  void run() {
    if (m_bytes.below(8) != 0) m_renderer.attach();
    for (std::size_t step = 0; step < MAX_STEPS && !m_bytes.empty() && !m_broker.reason(); ++step) {
      act();
      if (m_bytes.below(3) == 0) m_broker.poll();
    }
    m_broker.advance(1 * kj::SECONDS);
    check();
    m_open.clear();
    m_broker.connection = nullptr;
    m_broker.advance(60 * kj::SECONDS);
    // Nothing of a window outlives it but what runs to its end, which had a deadline.
    KJ_ASSERT(m_broker.handlers.streams == m_broker.handlers.streamsOver);
    KJ_ASSERT(m_broker.handlers.sources == m_broker.handlers.sourcesOver);
  }

 private:
  std::string command() {
    const auto which = m_bytes.below(COMMANDS.size() + 1);
    return which < COMMANDS.size() ? COMMANDS[which] : m_bytes.text();
  }
  std::string arguments() {
    const auto which = m_bytes.below(ARGUMENTS.size() + 1);
    return which < ARGUMENTS.size() ? ARGUMENTS[which] : m_bytes.text();
  }
  void fill(proto::Call::Builder call, std::uint64_t id) {
    call.setCommand(command());
    call.setArguments(arguments());
    call.setId(id);
    auto uploads = call.initUploads(static_cast<unsigned>(m_bytes.below(4)));
    for (auto upload : uploads) {
      m_upload += m_bytes.below(32) == 0 ? 0 : 1;
      upload.setNumber(m_upload);
      upload.setBytes(std::uint64_t{m_bytes.byte()} << m_bytes.below(57));
    }
  }
  void keep(kj::Promise<void> promise) {
    if (m_open.size() >= 64) m_open.erase(m_open.begin());
    m_open.push_back(promise.eagerlyEvaluate([](kj::Exception&&) {}));
  }

  void act();
  void batch();
  void stream();
  void transfer();
  void outside();
  void check() const;

  fuzz::Bytes m_bytes;
  WindowFixture m_broker;
  Renderer m_renderer;
  std::vector<kj::Promise<void>> m_open;
  std::uint64_t m_id = 1, m_channel = 1, m_upload = 0;
};

void Case::batch() {
  auto request = m_renderer.session.invokeManyRequest();
  auto calls = request.initCalls(static_cast<unsigned>(m_bytes.below(12)));
  for (auto call : calls) {
    m_id += m_bytes.below(16) == 0 ? 0 : 1;  // now and then one that was used
    fill(call, m_id);
  }
  keep(request.send().then([this](capnp::Response<proto::Session::InvokeManyResults>&& answer) {
    m_renderer.settlements.take(answer.getOutcomes());
  }));
}

void Case::stream() {
  switch (m_bytes.below(3)) {
    case 0: {
      auto request = m_renderer.session.openRequest();
      fill(request.initCall(), m_id);
      m_channel += m_bytes.below(16) == 0 ? 0 : 1;
      request.setChannel(m_channel);
      return keep(request.send().ignoreResult());
    }
    case 1: {
      auto request = m_renderer.session.nextRequest();
      request.setChannel(m_channel - m_bytes.below(4));
      return keep(request.send().ignoreResult());
    }
    default: {
      auto request = m_renderer.session.closeRequest();
      auto channels = request.initChannels(static_cast<unsigned>(m_bytes.below(18)));
      for (unsigned i = 0; i < channels.size(); ++i) channels.set(i, m_channel - i);
      return keep(request.send().ignoreResult());
    }
  }
}

// Downloads are numbered from 1 on: now and then one that was never given.
void Case::transfer() {
  m_broker.handlers.giving = static_cast<Handlers::Giving>(m_bytes.below(6));
  const std::uint64_t number = 1 + m_bytes.below(5);
  if (m_bytes.below(4) != 0) {
    auto request = m_renderer.session.readRequest();
    request.setDownload(number);
    return keep(request.send().ignoreResult());
  }
  auto request = m_renderer.session.discardRequest();
  auto downloads = request.initDownloads(static_cast<unsigned>(m_bytes.below(34)));
  for (unsigned i = 0; i < downloads.size(); ++i) downloads.set(i, number + i);
  return keep(request.send().ignoreResult());
}

void Case::outside() {
  const auto number = static_cast<std::uint32_t>(m_bytes.below(4));
  switch (m_bytes.below(5)) {
    case 0: {
      auto request = m_renderer.session.connectRequest();
      request.setConnection(number);
      request.setHost(m_bytes.below(2) == 0 ? std::string("host.example") : m_bytes.text());
      request.setPort(443);
      return keep(request.send().ignoreResult());
    }
    case 1: {
      auto request = m_renderer.session.sendRequest();
      request.setConnection(number);
      request.initBytes(static_cast<unsigned>(m_bytes.below(200)));
      return keep(request.send().ignoreResult());
    }
    case 2: {
      auto request = m_renderer.session.receiveRequest();
      request.setConnection(number);
      return keep(request.send().ignoreResult());
    }
    case 3: {
      auto request = m_renderer.session.disconnectRequest();
      request.setConnection(number);
      return keep(request.send().ignoreResult());
    }
    default: {
      auto request = m_renderer.session.navigateRequest();
      request.setUrl(m_bytes.text());
      return keep(request.send().ignoreResult());
    }
  }
}

void Case::act() {
  switch (m_bytes.below(13)) {
    case 0: {
      auto request = m_renderer.session.invokeRequest();
      fill(request.initCall(), m_id);
      return keep(request.send().ignoreResult());
    }
    case 1:
      return batch();
    case 2: {
      auto request = m_renderer.session.cancelRequest();
      auto ids = request.initIds(static_cast<unsigned>(m_bytes.below(8)));
      for (unsigned i = 0; i < ids.size(); ++i) ids.set(i, m_id - i);
      return keep(request.send().ignoreResult());
    }
    case 3:
      return stream();
    case 4: {
      auto request = m_renderer.session.listenRequest();
      auto names = request.initNames(static_cast<unsigned>(m_bytes.below(EVENTS.size() + 1)));
      for (unsigned i = 0; i < names.size(); ++i) names.set(i, EVENTS[m_bytes.below(6)]);
      request.setFresh(m_bytes.below(2) == 0);
      request.setReady(m_bytes.below(2) == 0);
      return keep(request.send().ignoreResult());
    }
    case 5: {
      auto request = m_renderer.session.assetRequest();
      request.setPath(m_bytes.below(2) == 0 ? std::string("/big.bin") : m_bytes.text());
      request.setOffset(std::uint64_t{m_bytes.byte()} << m_bytes.below(57));
      return keep(request.send().ignoreResult());
    }
    case 6: {
      auto request = m_renderer.session.logRequest();
      request.setText(m_bytes.text());
      return keep(request.send().ignoreResult());
    }
    case 7:
      return outside();
    case 8:
      if (!m_open.empty())
        m_open.erase(m_open.begin() + static_cast<std::ptrdiff_t>(m_bytes.below(m_open.size())));
      return;
    case 9:
      return m_broker.advance(m_bytes.below(60) * 100 * kj::MILLISECONDS);
    case 10: {
      auto& handlers = m_broker.handlers;
      handlers.note.emit("n");
      handlers.level.emit(static_cast<int>(m_bytes.byte()));
      handlers.secret.emitTo("main", "s");
      if (!handlers.waiting.empty()) {
        handlers.waiting.back()->fulfill();
        handlers.waiting.pop_back();
      }
      return;
    }
    case 11:
      return transfer();
    default:
      m_renderer.hangs = m_bytes.below(2) == 0;
  }
}

void Case::check() const {
  static const std::set<std::string> FAILING{
      "cmd_throw", "cmd_throw_later", "cmd_internal", "cmd_break", "cmd_give"};
  for (const auto& line : m_broker.journal.lines) {
    KJ_ASSERT(line.what != "ended" || line.text != "internal");
    KJ_ASSERT(line.what != "incident" || FAILING.count(line.command) > 0, line.command.c_str());
  }
  std::set<std::uint64_t> seen;
  for (const auto& [id, outcome] : m_renderer.settlements.all) {
    KJ_ASSERT(seen.insert(id).second, "settled twice");
    KJ_ASSERT(outcome.message.find(m_broker.handlers.canary) == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Silent silent;
  {
    Case one(fuzz::Bytes(data, size));
    one.run();
  }
  static const std::size_t few = openDescriptors();  // after the first case
  KJ_ASSERT(openDescriptors() <= few + 2, "descriptors stay open");
  return 0;
}
