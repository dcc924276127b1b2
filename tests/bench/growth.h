// What this process, which is the broker of a benchmark, grows by while something goes on.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace sallyport::bench {

constexpr double MEBIBYTE = 1024.0 * 1024.0;

inline double residentMebibytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / MEBIBYTE;
}

// The largest size while it lives, above what it was at first.
class Growth {
 public:
  explicit Growth(kj::Timer& timer) : m_timer(timer) { m_watch = watch().eagerlyEvaluate(nullptr); }
  double mebibytes() const { return m_largest - m_before; }

 private:
  kj::Promise<void> watch() {
    m_largest = std::max(m_largest, residentMebibytes());
    return m_timer.afterDelay(5 * kj::MILLISECONDS).then([this] { return watch(); });
  }
  kj::Timer& m_timer;
  double m_before = residentMebibytes();
  double m_largest = 0;
  kj::Promise<void> m_watch = nullptr;
};

}  // namespace sallyport::bench
