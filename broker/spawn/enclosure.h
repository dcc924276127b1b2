// A process namespace around bubblewrap, so that the kernel itself ends everything behind it.
// bubblewrap's inner process has no parent-death signal in its first milliseconds; when all of its
// ancestors were killed then, it stayed, and the renderer in it ran on.
#pragma once

namespace sallyport::spawn {

// Between fork and exec, with descriptors, limits and signals set. Returns true in the first
// process of a new process namespace, which goes on to exec; it dies with the calling process,
// and everything in its namespace with it. The calling process stays, holds nothing, and ends as
// that one ends. False with errno when the kernel does not allow it.
bool encloseInProcessNamespace();

}  // namespace sallyport::spawn
