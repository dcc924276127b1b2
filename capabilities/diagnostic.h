// What is wrong with a policy file, where, and what to write instead. Every error at start has this
// shape. Pure value types of the policy library.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/grants.h"

namespace sallyport::capabilities {

struct Diagnostic {
  std::string file;  // empty when no file is to blame
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  std::string fix;  // empty when there is nothing better to say than the message
};

struct Diagnostics {
  std::vector<Diagnostic> list;

  bool empty() const { return list.empty(); }
  void add(const Source& at, std::string message, std::string fix = {});
  void append(Diagnostics other);
};

// "main.json:7:5: unknown permission `wallet:allow-get-balanc`. Fix: did you mean …?"
std::string format(const Diagnostic& diagnostic);
// One line each.
std::string format(const Diagnostics& diagnostics);

// A value, or at least one diagnostic.
template <typename T>
using Checked = boost::system::result<T, Diagnostics>;

// value() on diagnostics is a bug of the caller: it throws std::logic_error with their text.
[[noreturn]] void throw_exception_from_error(const Diagnostics& diagnostics,
                                             const boost::source_location& where);

}  // namespace sallyport::capabilities
