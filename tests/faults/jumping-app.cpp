// The wallet's broker, whole, with a clock of the day that a test sets: what the process and its
// libraries call to read it is here, and adds what stands in the file that SALLYPORT_TEST_CLOCK
// names. Mapped before the cage and the first thread.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "broker/wallet/wallet-app.h"

namespace {

// Seconds.
const std::atomic<long>* mapOffset() {
  const char* name = std::getenv("SALLYPORT_TEST_CLOCK");
  const int fd = name == nullptr ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) std::abort();
  void* page = mmap(nullptr, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) std::abort();
  close(fd);
  return static_cast<const std::atomic<long>*>(page);
}

const std::atomic<long>* offset = nullptr;

timespec dayTime() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  if (offset != nullptr) now.tv_sec += *offset;
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* time) noexcept {
  if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
    return static_cast<int>(syscall(SYS_clock_gettime, id, time));
  *time = dayTime();
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const auto now = dayTime();
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* seconds) noexcept {
  const auto now = dayTime();
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"

int main(int argc, char** argv) {
  offset = mapOffset();
  return sallyport::runApp(
      argc, argv, sallyport::wallet::appDefinition(), SALLYPORT_BINARY_DIR "/bin");
}
