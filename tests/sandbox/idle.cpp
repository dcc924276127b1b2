// The smallest child: says "done" on descriptor 3 and waits for its end. For tests about starting,
// ending and looking from outside, where what it tries does not matter.
#include <unistd.h>

int main() {
  const char done[] = "done\n";
  if (write(3, done, sizeof done - 1) < 0) return 99;
  char order;
  while (read(3, &order, 1) == 1) {
    if (order == 'h') {
      for (;;) pause();
    }
  }
  return 0;
}
