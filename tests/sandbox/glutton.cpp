// Runs in the renderer's place and cage and takes what it can: by the line that it reads from its
// session socket, memory in several processes ("memory"), files in memory ("files"), or processes
// ("processes"). Says "done" when it has it, and stays.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace {

constexpr int SESSION = 3;
constexpr int EATERS = 4;
constexpr std::size_t EACH = std::size_t{64} * 1024 * 1024;
constexpr std::size_t FILES = std::size_t{200} * 1024 * 1024;
constexpr int CROWD = 100;

void say(const char* text) {
  if (write(SESSION, text, std::strlen(text)) < 0) _exit(99);
}

void eat() {
  void* memory = mmap(nullptr, EACH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(98);
  std::memset(memory, 1, EACH);
}

// /tmp lies in memory.
void fill() {
  const int file = open("/tmp/large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string piece(1 << 20, 'x');
  for (std::size_t size = 0; size < FILES; size += piece.size())
    if (write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) _exit(95);
  say("done\n");
}

}  // namespace

int main() {
  std::string order;
  for (char c = 0; read(SESSION, &c, 1) == 1 && c != '\n';) order += c;
  if (order == "files") fill();
  const bool memory = order == "memory";
  const int crowd = memory ? EATERS : order == "processes" ? CROWD : 0;
  int ready[2];
  if (pipe(ready) != 0) return 97;
  int children = 0;
  for (; children < crowd; ++children) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child > 0) continue;
    if (memory) eat();
    if (write(ready[1], "", 1) != 1) _exit(96);
    for (;;) pause();
  }
  for (char c = 0; children > 0 && read(ready[0], &c, 1) == 1;) --children;
  if (crowd > 0) say("done\n");
  for (;;) pause();
}
