// How much of the kernel a process can reach: which system calls get past its filters with some
// arguments. Follows compiled programs and runs nothing, so it is right for a policy's own and for
// those read back from a process. For doctor and tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox-policies/syscall-policy.h"

namespace sallyport::sandbox {

// Every number that the library knows on this architecture, ascending.
std::vector<int> knownCalls();
// Empty for a number that the library does not know.
std::string callName(int number);
// Nothing for a name that this architecture does not have.
std::optional<int> callNumber(const std::string& name);

// Those known calls that all programs let through for some arguments (each for itself, so a call
// that two programs refuse for different arguments only counts as well). Throws std::logic_error on
// a program that is not seccomp's.
std::vector<int> reachableCalls(const std::vector<SyscallPolicy::Program>& programs);

// "87 of 373", for people.
std::string describeReach(const std::vector<SyscallPolicy::Program>& programs);

}  // namespace sallyport::sandbox
