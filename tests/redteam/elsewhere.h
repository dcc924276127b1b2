// Rows that the project's own tests try, because they need a page in the real engine, a file that
// an admin wrote, or the inside of a process. The report has them with the outcome of those tests.
#pragma once

#include <string>
#include <vector>

#include "tests/redteam/run.h"

namespace sallyport::redteam {

struct ElsewhereRow {
  std::string id, title, safe;
  std::vector<std::string> tests;          // programs in tests-bin
  std::vector<std::string> defences = {};  // as Attack's, but taken away by hand
};

const std::vector<ElsewhereRow>& elsewhere();
// Runs its tests; each program once, however many rows it has.
Result runElsewhere(const ElsewhereRow& row);

}  // namespace sallyport::redteam
