// sallyport-display: the processes that draw on the user's screen. One role a process, chosen
// by the spawner.
#include <cstdio>
#include <cstring>

#include "broker/display/roles.h"
#include "sandbox-policies/self-cage.h"

int main(int argc, char** argv) {
  if (argc >= 3 && std::strcmp(argv[1], "--role") == 0) {
    // The broker; to the prompt the vault as well.
    sallyport::sandbox::requireDescriptors(std::strcmp(argv[2], "prompt") == 0 ? 2 : 1);
    if (std::strcmp(argv[2], "frame") == 0) return sallyport::display::runFrame(argc, argv);
    if (std::strcmp(argv[2], "prompt") == 0) return sallyport::display::runPrompt(argc, argv);
    if (std::strcmp(argv[2], "chooser") == 0) return sallyport::display::runChooser(argc, argv);
  }
  std::fputs(
      "usage: sallyport-display --role frame --label LABEL | --role prompt | --role chooser\n",
      stderr);
  return 2;
}
