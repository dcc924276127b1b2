// Which defences this mutant of the broker lacks. Only in copies of sources that mutate.cmake
// writes; nothing that is shipped includes this.
#pragma once

#include <string_view>

namespace sallyport::redteam {

// defence: a name in mutations.json. From $SALLYPORT_REDTEAM_WITHOUT, names with commas between.
bool without(std::string_view defence);

}  // namespace sallyport::redteam
