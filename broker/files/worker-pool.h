// Threads for work that blocks on a disk, so that the broker's loop never does. Few and bounded: a
// folder of a dead server may hold one for long, and a page may ask as often as it likes. The
// threads are made at the first job, inside the broker's cage.
#pragma once

#include <kj/async.h>
#include <kj/function.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::files {

class WorkerPool {
 public:
  static constexpr unsigned THREADS = 3;
  static constexpr std::size_t MAX_WAITING = 64;

  WorkerPool() = default;
  // Waits for what runs; what waits is not run.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // On the loop's thread, before run().
  bool full() const;

  // Work takes nothing and gives a value; it owns what it uses. Dropping the promise drops a job
  // that waits; one that runs goes on to its end.
  template <typename Value, typename Work>
  kj::Promise<Value> run(Work work) {
    auto paf = kj::newPromiseAndCrossThreadFulfiller<Value>();
    add([fulfiller = kj::mv(paf.fulfiller), work = std::move(work)]() mutable {
      if (fulfiller->isWaiting()) fulfiller->rejectIfThrows([&] { fulfiller->fulfill(work()); });
    });
    return kj::mv(paf.promise);
  }

 private:
  void add(kj::Function<void()> job);
  void work();

  mutable std::mutex m_mutex;
  std::condition_variable m_more;
  std::deque<kj::Function<void()>> m_waiting;
  std::vector<std::thread> m_threads;
  bool m_stopping = false;
};

}  // namespace sallyport::files
