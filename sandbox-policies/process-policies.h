// What each process kind may do, as data: one builder a kind in <kind>-policy.cpp, applied by
// self-cage.cpp (trusted processes) or by bubblewrap and the cage stage (the renderer). Tests read
// the same objects.
#pragma once

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/self-cage.h"
#include "sandbox-policies/syscall-policy.h"

namespace sallyport::sandbox {

SyscallPolicy vaultSyscalls();
LandlockPolicy vaultFiles(const std::filesystem::path& stateDirectory);

SyscallPolicy brokerSyscalls();
LandlockPolicy brokerFiles(const BrokerPaths& paths);

SyscallPolicy spawnerSyscalls();

SyscallPolicy netSyscalls();
LandlockPolicy netFiles();

SyscallPolicy displaySyscalls();
LandlockPolicy displayFiles(const DisplayPaths& paths);
SyscallPolicy sealedDisplaySyscalls();
LandlockPolicy chooserFiles();

}  // namespace sallyport::sandbox
