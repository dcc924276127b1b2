// The groups of system calls that the policies refuse, each with its reason. One place, so that a
// new dangerous call is added once for every process kind.
#pragma once

#include "sandbox-policies/syscall-policy.h"

namespace sallyport::sandbox::groups {

const SyscallGroup& kernelAdministration();
const SyscallGroup& otherProcesses();
const SyscallGroup& namespaces();
const SyscallGroup& newInterfaces();
const SyscallGroup& socketCreation();
const SyscallGroup& socketServing();
const SyscallGroup& socketPairs();
const SyscallGroup& programStart();
const SyscallGroup& processFork();
const SyscallGroup& signalling();
const SyscallGroup& fileChanges();
const SyscallGroup& executableMemoryFiles();

// Refuses typing into a terminal.
SyscallPolicy& refuseTyping(SyscallPolicy& policy);
// Refuses what no process of ours but the spawner needs: the first four groups, clone with a
// namespace flag, typing into a terminal.
SyscallPolicy& refuseKernelSurface(SyscallPolicy& policy);
// Refuses starting programs and forking; threads stay possible.
SyscallPolicy& refuseNewProcesses(SyscallPolicy& policy);
// Refuses every open for writing, and every change of a directory. Independent of Landlock.
SyscallPolicy& refuseFileChanges(SyscallPolicy& policy);

}  // namespace sallyport::sandbox::groups
