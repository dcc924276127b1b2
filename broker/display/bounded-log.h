// Qt's and libwayland's messages, bounded: a renderer can provoke them at will. Both roles.
#pragma once

namespace sallyport::display {

// A line is cut and made printable; after MAX_LOG_LINES of a process's life nothing more is
// written. Messages of Qt's input classes are dropped: they may name keys and text.
void boundLog();

}  // namespace sallyport::display
