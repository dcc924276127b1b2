// Rows that the project's own tests try, because they need a page in the real engine, a file that
// an admin wrote, or the inside of a process. The report has them with the outcome of those tests.
#pragma once

#include <string>
#include <vector>

#include "tests/redteam/run.h"

namespace sallyport::redteam {

struct ElsewhereRow {
  std::string id, title, safe;
  // Programs in tests-bin, each alone or with ": " and the beginning of a test case's name.
  std::vector<std::string> tests;
  std::vector<std::string> defences = {};  // as Attack's, but taken away by hand
};

const std::vector<ElsewhereRow>& elsewhere();
// Runs its tests; each once, however many rows have it.
Result runElsewhere(const ElsewhereRow& row);

}  // namespace sallyport::redteam
