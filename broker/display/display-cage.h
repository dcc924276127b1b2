// The first thing that each role does: no dumps, no programs, no network, few files, a bounded
// log.
#pragma once

#include <filesystem>
#include <vector>

namespace sallyport::display {

// Before the first thread, so before QApplication. Names a missing layer on stderr; throws when a
// required one is refused by the kernel.
// writable: nothing in a release build.
void enterCage(const char* role, const std::vector<std::filesystem::path>& writable);
// The same for the chooser, which may open what the user picks.
void enterChooserCage();

}  // namespace sallyport::display
