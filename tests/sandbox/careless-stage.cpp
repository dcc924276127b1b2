// A cage stage that does none of its work: keeps every descriptor, adds a variable, no Landlock.
// For the tests that see the inspection fail.
#include <unistd.h>

int main() {
  char program[] = "/app/bin/sallyport-renderer";
  char variable[] = "SALLYPORT_EXTRA=1";
  char* const argv[] = {program, nullptr};
  char* const environment[] = {variable, nullptr};
  execve(program, argv, environment);
  return 127;
}
