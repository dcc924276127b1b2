// Tries what a cage must refuse and says how each attempt ended. Linked by the probe, which runs
// inside the real cages.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sallyport::test {

// "ok", an error's name such as "EPERM", "signal 31", or "exit N".
struct Act {
  std::string name;
  std::function<std::string()> attempt;
};

// Each address family's socket, pairs, and what serves or connects.
std::vector<Act> socketActs();
// Namespaces, mounts, other processes, the kernel's attack surface, the terminal, foreign
// architectures.
std::vector<Act> kernelActs();
// Reads and writes outside of what was given; scratch is a directory where the cage may (or may
// not) write.
std::vector<Act> fileActs(const std::string& scratch);
// Starting programs: from scratch, from memory, from the system; forking.
std::vector<Act> programActs(const std::string& scratch);

}  // namespace sallyport::test
