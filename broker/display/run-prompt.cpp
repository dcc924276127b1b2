// Role prompt.
#include "broker/display/roles.h"

namespace sallyport::display {

int runPrompt(int, char**) { return 2; }

}  // namespace sallyport::display
