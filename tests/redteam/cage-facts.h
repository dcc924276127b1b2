// What many rows of the cage have in common: acts of tests/sandbox, by name.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/redteam/attack.h"
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

// A row of system calls that the filters refuse: those acts of the kernel's that begin so.
inline Attack refusedCalls(std::string id,
                           std::string title,
                           std::vector<std::string_view> beginnings) {
  return {.id = std::move(id),
          .title = std::move(title),
          .safe = "EPERM or ENOSYS",
          .kind = Attack::Kind::PEACEFUL,
          .defences = {"system-calls"},
          .inside = [beginnings = std::move(beginnings)](
                        Inside& a) { tryActs(a, test::kernelActs(), beginnings); },
          .judge =
              [](const Outside& seen, Verdict& verdict) {
                verdict.facts(seen, "", {"EPERM", "ENOSYS"});
              }};
}

}  // namespace sallyport::redteam
