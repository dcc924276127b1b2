// Text of diagnostics. Pure.
#include "capabilities/diagnostic.h"

#include <boost/throw_exception.hpp>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace sallyport::capabilities {

void Diagnostics::add(const Source& at, std::string message, std::string fix) {
  list.push_back({at.file, at.line, at.column, std::move(message), std::move(fix)});
}

void Diagnostics::append(Diagnostics other) {
  list.insert(list.end(),
              std::make_move_iterator(other.list.begin()),
              std::make_move_iterator(other.list.end()));
}

std::string format(const Diagnostic& diagnostic) {
  std::string text;
  if (!diagnostic.file.empty()) {
    text += diagnostic.file + ":";
    if (diagnostic.line != 0) {
      text += std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column) + ":";
    }
    text += " ";
  }
  text += diagnostic.message;
  if (!diagnostic.fix.empty()) {
    text += ". Fix: " + diagnostic.fix;
  }
  return text;
}

std::string format(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.list) {
    text += (text.empty() ? "" : "\n") + format(diagnostic);
  }
  return text;
}

void throw_exception_from_error(const Diagnostics& diagnostics,
                                const boost::source_location& where) {
  boost::throw_with_location(std::logic_error(format(diagnostics)), where);
}

}  // namespace sallyport::capabilities
