// The Nth system call of a kind fails, whoever makes it: our code, libstdc++ or SQLCipher. Work
// runs on a thread of its own under a filter that asks about each of these calls before it is made
// (seccomp's user notification); who asked for the work answers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::faults {

struct SystemCall {
  int number = 0;                            // SYS_...
  const std::uint64_t* arguments = nullptr;  // six
};

struct Fault {
  unsigned nth = 0;  // of those that are chosen, from 1; 0: none fails
  int error = 0;     // what it fails with; it is not made
  // Null: every call that is asked about.
  std::function<bool(const SystemCall&)> chosen;
};

class FailingCalls {
 public:
  // names: of system calls, as "openat"; what this architecture does not have is left out.
  explicit FailingCalls(const std::vector<std::string>& names);
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // Runs the work to its end, also on threads that it starts, and fails one call of it. The name of
  // that call; nothing when the work made fewer. What the work throws is thrown here.
  std::optional<std::string> run(const Fault& fault, std::function<void()> work);

 private:
  class Worker;
  std::unique_ptr<Worker> m_worker;
};

// What a file system is asked with. Not close(), which frees its descriptor also when it fails.
const std::vector<std::string>& storageCalls();

// How many descriptors this process has open.
std::size_t openDescriptors();

}  // namespace sallyport::faults
