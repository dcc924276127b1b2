// Work off the loop: bounded, and ended with the pool.
#include "broker/files/worker-pool.h"

#include <doctest/doctest.h>
#include <kj/vector.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace sallyport::files {
namespace {

TEST_CASE("work runs on another thread and its value or failure comes back") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  WorkerPool pool;
  const auto here = std::this_thread::get_id();
  CHECK(pool.run<bool>([here] { return std::this_thread::get_id() != here; }).wait(scope));
  auto failed = pool.run<int>([]() -> int { throw std::runtime_error("no"); });
  CHECK_THROWS(failed.wait(scope));
}

TEST_CASE("a pool that is busy fills up, and dropped work does not run") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  std::promise<void> go;
  const std::shared_future<void> going = go.get_future().share();
  std::atomic<int> ran = 0;
  kj::Vector<kj::Promise<int>> all;
  WorkerPool pool;
  std::atomic<unsigned> started = 0;
  for (unsigned i = 0; i < WorkerPool::THREADS; ++i)
    all.add(pool.run<int>([&, going] {
      ++started;
      going.wait();
      return ++ran;
    }));
  while (started < WorkerPool::THREADS) std::this_thread::yield();
  for (std::size_t i = 0; i < WorkerPool::MAX_WAITING; ++i) {
    CHECK_FALSE(pool.full());
    auto promise = pool.run<int>([&] { return ++ran; });
    if (i > 0) all.add(kj::mv(promise));
  }
  CHECK(pool.full());
  go.set_value();
  kj::joinPromises(all.releaseAsArray()).wait(scope);
  CHECK(ran == static_cast<int>(WorkerPool::THREADS + WorkerPool::MAX_WAITING - 1));
}

}  // namespace
}  // namespace sallyport::files
