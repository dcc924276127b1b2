// The groups of system calls that the allowlists are made of, each with its reason. They were
// gathered from traces of the test suite under glibc 2.36 and 2.41 and completed by hand with what
// no test reaches: the ways out of an error, an abort, other timing in the event loop's library.
#pragma once

#include "sandbox-policies/syscall-policy.h"

namespace sallyport::sandbox::allowed {

const AllowedCalls& memory();
const AllowedCalls& threads();
const AllowedCalls& ending();
const AllowedCalls& time();
const AllowedCalls& waiting();
const AllowedCalls& descriptors();
const AllowedCalls& messages();
const AllowedCalls& aboutItself();
const AllowedCalls& readingFiles();
const AllowedCalls& writingFiles();
const AllowedCalls& watchingFolders();

// What every process of ours needs to run at all: the groups above but the last three. Its own
// limits and name are all that it may set about itself.
SyscallPolicy& allowRunning(SyscallPolicy& policy);
// Of the requests that a descriptor takes, those of event loops and of isatty(): for processes
// that drive no display.
SyscallPolicy& allowPlainRequests(SyscallPolicy& policy);

}  // namespace sallyport::sandbox::allowed
