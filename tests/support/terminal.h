// A program on a terminal of its own, and a person in front of it who answers what it asks.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::test {

struct Conversation {
  int code = -1;
  std::string output;
};

// answer: given everything written so far whenever the program has been quiet for a moment; a line
// to type, or nothing yet. Throws when it does not end in time.
Conversation converse(const std::vector<std::string>& command,
                      const std::function<std::optional<std::string>(const std::string&)>& answer);

}  // namespace sallyport::test
