// Whether bytes are UTF-8, strictly: overlong forms are a way to hide a dot or a slash. Pure.
#pragma once

#include <string_view>

namespace sallyport::capabilities {

bool isUtf8(std::string_view bytes);

}  // namespace sallyport::capabilities
