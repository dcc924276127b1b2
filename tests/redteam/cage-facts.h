// What many rows of the cage have in common: acts of tests/sandbox, by name.
#pragma once

#include <string_view>
#include <vector>

#include "tests/redteam/inside.h"
#include "tests/sandbox/forbidden-acts.h"

namespace sallyport::redteam {

// Tries those whose name begins with one of these, and says how each ended.
inline void tryActs(Inside& a,
                    const std::vector<test::Act>& acts,
                    const std::vector<std::string_view>& beginnings) {
  for (const auto& act : acts)
    for (const auto beginning : beginnings)
      if (act.name.compare(0, beginning.size(), beginning) == 0) {
        a.fact(act.name, act.attempt());
        break;
      }
}

}  // namespace sallyport::redteam
