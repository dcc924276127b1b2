// The first thing that either role does: no dumps, no programs, no network, few files, a bounded
// log.
#pragma once

namespace sallyport::display {

// Before the first thread, so before QApplication. Names a missing layer on stderr; throws when a
// required one is refused by the kernel.
void enterCage(const char* role);

}  // namespace sallyport::display
