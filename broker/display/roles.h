// The entry points. Each returns the process's exit code.
#pragma once

namespace sallyport::display {

int runFrame(int argc, char** argv);
int runPrompt(int argc, char** argv);
int runChooser(int argc, char** argv);

}  // namespace sallyport::display
