// The id that a page is told instead of an exception's text, and that text for the journal. Runs in
// the broker.
#pragma once

#include <kj/exception.h>

#include <string>

namespace sallyport::session {

// 16 hexadecimal digits from the kernel's random source.
std::string newIncident();

// For the journal alone: type, description, file and line.
std::string describe(const kj::Exception& exception);

}  // namespace sallyport::session
