// A page in a renderer that makes calls on request. Two kinds: behind the broker's real session,
// guard and dispatcher included, and behind a bare Session server without any limit.
#pragma once

#include <kj/async-io.h>

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::bench {

using Clock = std::chrono::steady_clock;

// What a page's calls came to: filled by both kinds.
struct Log {
  std::vector<Clock::time_point> arrivals;
  std::string done;  // text of the last cmd_done
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiter;

  void finish(std::string text);
};

class BenchWindow {
 public:
  virtual ~BenchWindow() noexcept(false) = default;

  // Microseconds between the arrivals of count calls, each made when the one before was answered:
  // the whole way there and back, without the page's coarse clock.
  std::vector<double> serial(int count);
  // Milliseconds from the first call to the last answer of count calls at once, by the page's
  // clock.
  double flood(int count);
  // Milliseconds from the opening of a channel of so many texts to its end, by the page's clock; 0
  // when anything was missing. Only with the real session.
  struct Stream {
    int items;
    int bytes;    // of each
    int pauseMs;  // of the page after each answer
  };
  double stream(Stream spec);
  // The same for bytes: as items of a channel, as one field of an answer, as one of a call.
  double pieces(int items, int bytes) {
    return move("evt_pieces", std::to_string(items) + "," + std::to_string(bytes));
  }
  double down(int bytes) { return move("evt_down", std::to_string(bytes)); }
  double up(int bytes) { return move("evt_up", std::to_string(bytes)); }

 protected:
  explicit BenchWindow(kj::AsyncIoContext& io) : m_io(io) {}
  virtual void send(const char* event, const std::string& payload) = 0;
  void waitDone();
  double move(const char* event, const std::string& spec);

  kj::AsyncIoContext& m_io;
  Log m_log;
};

kj::Own<BenchWindow> realSession(kj::AsyncIoContext& io);
kj::Own<BenchWindow> bareSession(kj::AsyncIoContext& io);

}  // namespace sallyport::bench
