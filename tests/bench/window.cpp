#include "tests/bench/window.h"

#include <cstdlib>
#include <utility>

namespace sallyport::bench {

void Log::finish(std::string text) {
  done = std::move(text);
  KJ_IF_MAYBE (fulfiller, waiter) {
    (*fulfiller)->fulfill();
  }
  waiter = nullptr;
}

void BenchWindow::waitDone() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  m_log.waiter = kj::mv(paf.fulfiller);
  m_io.provider->getTimer()
      .timeoutAfter(300 * kj::SECONDS, kj::mv(paf.promise))
      .wait(m_io.waitScope);
}

std::vector<double> BenchWindow::serial(int count) {
  m_log.arrivals.clear();
  send("evt_serial", std::to_string(count));
  waitDone();
  std::vector<double> result;
  for (std::size_t i = 1; i < m_log.arrivals.size(); ++i) {
    result.push_back(
        std::chrono::duration<double, std::micro>(m_log.arrivals[i] - m_log.arrivals[i - 1])
            .count());
  }
  return result;
}

double BenchWindow::stream(Stream spec) {
  send("evt_stream",
       "[" + std::to_string(spec.items) + "," + std::to_string(spec.bytes) + "," +
           std::to_string(spec.pauseMs) + "]");
  waitDone();
  return std::strtod(m_log.done.c_str(), nullptr);
}

double BenchWindow::move(const char* event, const std::string& spec) {
  send(event, "[" + spec + "]");
  waitDone();
  return std::strtod(m_log.done.c_str(), nullptr);
}

double BenchWindow::flood(int count) {
  send("evt_flood", std::to_string(count));
  waitDone();
  return std::strtod(m_log.done.c_str(), nullptr);
}

}  // namespace sallyport::bench
