// One allocation of this process is refused: by operator new, by malloc(), calloc() and realloc(),
// in our code and in the libraries'. As on a system that has none left for a moment; what fails is
// one allocation, not all from then on. Linked in, it takes the place of the C library's.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::faults {

// How many allocations are made before the one that is refused; -1: none is. For all threads.
void refuseMemoryAfter(long allocations);
// Whether it came to that since.
bool wasMemoryRefused();

// What one attempt in a process of its own came to. The values of a trial are its exit code.
enum class Refusal {
  NOT_REACHED,  // the work made fewer allocations, and was done
  DONE,         // it was done all the same
  TOLD,         // whoever asked was told
  SILENT,       // nobody was told anything; whoever watches over it has to end it
  THROWN,       // an exception left the event loop, and all that must hold did
  WRONG,        // something that must hold did not
  ENDED,        // the process ended
};

// Runs the trial in a child. It calls refuseMemoryAfter() where the work begins.
template <typename Trial>
Refusal inChild(Trial trial) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    alarm(60);  // one that hangs is ended
    auto outcome = Refusal::WRONG;
    try {
      outcome = trial();
    } catch (...) {  // where nothing may be thrown
    }
    _exit(static_cast<int>(outcome));
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return Refusal::WRONG;
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGALRM ? Refusal::WRONG : Refusal::ENDED;
  return static_cast<Refusal>(WEXITSTATUS(status));
}

}  // namespace sallyport::faults
