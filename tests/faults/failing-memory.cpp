#include "tests/faults/failing-memory.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
// The C library's own, under names that it keeps for this.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace {

constexpr long NEVER = -1;
std::atomic<long> left = NEVER;  // before the one that is refused
std::atomic<bool> refused = false;

bool refuses() {
  if (left.load(std::memory_order_relaxed) < 0 || left.fetch_sub(1) != 0) return false;
  refused = true;
  errno = ENOMEM;
  return true;
}

}  // namespace

namespace sallyport::faults {

void refuseMemoryAfter(long allocations) {
  if (allocations >= 0) refused = false;
  left = allocations;
}
bool wasMemoryRefused() { return refused; }

}  // namespace sallyport::faults

extern "C" {

void* malloc(std::size_t size) noexcept { return refuses() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return refuses() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  return refuses() ? nullptr : __libc_realloc(old, size);
}

}  // extern "C"
