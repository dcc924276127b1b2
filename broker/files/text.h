// Whether bytes of a disk may go to a page as text. Pure.
#pragma once

#include <string_view>

namespace sallyport::files {

// UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF) without NUL.
bool isText(std::string_view bytes);

}  // namespace sallyport::files
