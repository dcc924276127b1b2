#include "broker/files/worker-pool.h"

namespace sallyport::files {

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(m_mutex);
    m_stopping = true;
  }
  m_more.notify_all();
  for (auto& thread : m_threads) thread.join();
}

bool WorkerPool::full() const {
  const std::lock_guard lock(m_mutex);
  return m_waiting.size() >= MAX_WAITING;
}

void WorkerPool::add(kj::Function<void()> job) {
  {
    const std::lock_guard lock(m_mutex);
    m_waiting.push_back(kj::mv(job));
  }
  m_more.notify_one();
  if (m_threads.size() < THREADS) m_threads.emplace_back([this] { work(); });
}

void WorkerPool::work() {
  for (;;) {
    std::unique_lock lock(m_mutex);
    m_more.wait(lock, [this] { return m_stopping || !m_waiting.empty(); });
    if (m_stopping) return;
    auto job = kj::mv(m_waiting.front());
    m_waiting.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace sallyport::files
