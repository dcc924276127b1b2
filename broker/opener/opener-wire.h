// What broker and opener say to each other over the one socket: a request, and one byte back. The
// opener ends without an answer when the broker does not say all of it.
//
//   request: the length of the link as two bytes, the lower first; then the link, printable ASCII
//   answer:  one byte, an Opened
#pragma once

#include <cstdint>

namespace sallyport::opener {

enum class Opened : std::uint8_t {
  DONE = 1,        // the desktop took it
  NO_PROGRAM = 2,  // there is no xdg-open on this system
  FAILED = 3,      // xdg-open has no program for it, or that one failed
  REFUSED = 4      // no link that may be opened: the broker should not have asked
};

}  // namespace sallyport::opener
