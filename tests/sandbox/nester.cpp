// Tries to make one more user namespace, with no filter in the way, and says how it went. See
// tampering.cpp.
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

int main() {
  const bool made = unshare(CLONE_NEWUSER) == 0;
  const std::string line =
      std::string("act unshare user = ") + (made ? "ok" : strerrorname_np(errno)) + "\ndone\n";
  if (write(3, line.data(), line.size()) < 0) return 99;
  char order;
  while (read(3, &order, 1) == 1) {
  }
  return 0;
}
