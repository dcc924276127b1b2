// Which defences this process of the preset mutant lacks. Only in copies of sources that
// mutate.cmake writes; nothing that is shipped includes this.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::redteam {

// defence: a name in mutations.json. The file "without" of the build names those that are missing:
// "SALLYPORT_REDTEAM_WITHOUT=one,another". A process in a renderer's cage does not see that file
// and lacks nothing.
bool without(std::string_view defence);

// Where that file is.
std::string_view withoutFile();

// A name as a file system would have it that does not tell letters that look alike.
std::string folded(std::string_view name);

}  // namespace sallyport::redteam
