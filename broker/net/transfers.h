// Runs requests with libcurl on one thread of its own, many at a time, and gives the answers to the
// KJ loop. Runs in net. No redirects, no cookies, no proxy, no credentials; a server's bytes are
// only counted and kept.
#pragma once

#include <kj/async.h>

#include <boost/system/result.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "broker/net/http-request.h"

namespace sallyport::net {

// Asking a failed transfer for its value is a bug of ours: throws std::logic_error.
[[noreturn]] void throw_exception_from_error(Failure failure, const boost::source_location& where);
using Answer = boost::system::result<Response, Failure>;

class Transfers {
 public:
  // caFile: PEM bundle for TLS; empty means the system's. Throws when libcurl cannot start.
  explicit Transfers(std::string caFile = {});
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // Starts at once, or when one of maxRequestsInFlight places is free, in order. Dropping the
  // promise ends it. The request must have passed brokenRule().
  kj::Promise<Answer> start(Request request);

 private:
  struct Transfer;
  using Id = std::uint64_t;

  void loop();
  bool takeOrders();  // false: stop
  void admitWaiting();
  void finish(Id id, const Answer& answer);
  void collect();

  const std::string m_caFile;
  void* m_multi;  // CURLM
  // Touched by the transfer thread only.
  std::map<Id, std::unique_ptr<Transfer>> m_running;
  std::vector<std::unique_ptr<Transfer>> m_waiting;
  // Orders from the KJ thread.
  std::mutex m_mutex;
  std::vector<std::unique_ptr<Transfer>> m_started;
  std::vector<Id> m_cancelled;
  bool m_stop = false;
  Id m_nextId = 1;
  std::thread m_thread;
};

}  // namespace sallyport::net
