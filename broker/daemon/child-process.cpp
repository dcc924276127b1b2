#include "broker/daemon/child-process.h"

#include <kj/debug.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sallyport::daemon {
namespace {

constexpr std::size_t MAX_LINE_BYTES = 2048;
constexpr std::size_t LINES_PER_MINUTE = 240;  // of one process; the rest is counted
// A process that never stops writing must not keep the broker reading.
constexpr int READS_AT_ONCE = 16;
constexpr kj::Duration READ_PAUSE = 50 * kj::MILLISECONDS;

}  // namespace

ChildProcess::ChildProcess(kj::UnixEventPort& port,
                           kj::Timer& timer,
                           Journal& journal,
                           std::string name,
                           spawn::Spawned spawned)
    : m_timer(timer),
      m_journal(journal),
      m_name(std::move(name)),
      m_pid(spawned.pid),
      m_pidfd(kj::mv(spawned.pidfd)),
      m_log(kj::mv(spawned.log)),
      m_exitObserver(port, m_pidfd, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      m_logObserver(port, m_log, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      m_budgetStart(timer.now()),
      m_exited(watchExit().fork()),
      m_copying(copyLog().eagerlyEvaluate([this](kj::Exception&&) {
        m_journal.write(Level::WARNING, m_name, "its log can no longer be read");
      })) {}

ChildProcess::~ChildProcess() noexcept(false) { kill(); }

kj::Promise<void> ChildProcess::watchExit() {
  return m_exitObserver.whenBecomesReadable().then([this] {
    m_running = false;
    readLog();  // its last words, before this object goes
    if (!m_line.empty()) m_line += '\n';
    writeLines();
  });
}

ChildProcess::Log ChildProcess::readLog() {
  std::array<char, 4096> buffer;
  for (int reads = 0; reads < READS_AT_ONCE; ++reads) {
    const ssize_t count = ::read(m_log, buffer.data(), buffer.size());
    if (count == 0) return Log::ENDED;
    if (count > 0) {
      m_line.append(buffer.data(), static_cast<std::size_t>(count));
      writeLines();
    } else if (errno != EINTR) {
      KJ_REQUIRE(errno == EAGAIN || errno == EWOULDBLOCK, "log pipe");
      return Log::EMPTY;
    }
  }
  return Log::MORE;
}

kj::Promise<void> ChildProcess::copyLog() {
  switch (readLog()) {
    case Log::ENDED:
      return kj::READY_NOW;
    case Log::EMPTY:
      return m_logObserver.whenBecomesReadable().then([this] { return copyLog(); });
    case Log::MORE:
      break;
  }
  return m_timer.afterDelay(READ_PAUSE).then([this] { return copyLog(); });
}

void ChildProcess::writeLines() {
  if (m_timer.now() - m_budgetStart > 1 * kj::MINUTES) {
    if (m_droppedLines > 0)
      m_journal.write(Level::WARNING,
                      m_name,
                      std::to_string(m_droppedLines) + " lines dropped: over the budget");
    m_budgetStart = m_timer.now();
    m_budgetLines = m_droppedLines = 0;
  }
  std::size_t start = 0;
  for (;;) {
    std::size_t end = m_line.find('\n', start);
    if (end == std::string::npos && m_line.size() - start < MAX_LINE_BYTES) break;
    if (end == std::string::npos) end = start + MAX_LINE_BYTES;
    if (m_budgetLines < LINES_PER_MINUTE) {
      ++m_budgetLines;
      m_journal.write(Level::INFO, m_name, std::string_view(m_line).substr(start, end - start));
    } else {
      ++m_droppedLines;
    }
    start = end + (end < m_line.size() && m_line[end] == '\n' ? 1 : 0);
  }
  m_line.erase(0, start);
}

void ChildProcess::kill() {
  if (m_running) syscall(SYS_pidfd_send_signal, m_pidfd.get(), SIGKILL, nullptr, 0);
}

kj::Promise<void> ChildProcess::end(kj::Duration patience) {
  if (!m_running) return kj::READY_NOW;
  return exited().exclusiveJoin(m_timer.afterDelay(patience).then([this] {
    kill();
    return exited();
  }));
}

}  // namespace sallyport::daemon
