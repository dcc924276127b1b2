// Runs in the renderer's place and cage and takes what it can: by the line that it reads from its
// session socket, memory in several processes ("memory"), or processes ("processes"). Says "done"
// when it has it, and stays.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace {

constexpr int SESSION = 3;
constexpr int EATERS = 4;
constexpr std::size_t EACH = std::size_t{64} * 1024 * 1024;
constexpr int CROWD = 100;

void say(const char* text) {
  if (write(SESSION, text, std::strlen(text)) < 0) _exit(99);
}

void eat() {
  void* memory = mmap(nullptr, EACH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(98);
  std::memset(memory, 1, EACH);
}

}  // namespace

int main() {
  std::string order;
  for (char c = 0; read(SESSION, &c, 1) == 1 && c != '\n';) order += c;
  const bool memory = order == "memory";
  int ready[2];
  if (pipe(ready) != 0) return 97;
  int children = 0;
  for (; children < (memory ? EATERS : CROWD); ++children) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child > 0) continue;
    if (memory) eat();
    if (write(ready[1], "", 1) != 1) _exit(96);
    for (;;) pause();
  }
  for (char c = 0; children > 0 && read(ready[0], &c, 1) == 1;) --children;
  say("done\n");
  for (;;) pause();
}
