// Rows that the project's own tests try, because they need a page in the real engine, a file that
// an admin wrote, or the inside of a process. The report has them with the outcome of those tests.
#pragma once

#include <string>
#include <vector>

#include "tests/redteam/run.h"

namespace sallyport::redteam {

struct ElsewhereRow {
  std::string id, title, safe;
  // Programs in tests-bin, each alone or with ": " and the beginning of a test case's name, without
  // commas.
  std::vector<std::string> tests;
  std::vector<std::string> defences = {};  // as Attack's
  std::string heldBy = {};                 // as Attack's
  std::string missing = {};                // without tests: what of the product is not there
};

const std::vector<ElsewhereRow>& elsewhere();
// Runs its tests. Those that ran before are not run again, however many rows have them, unless
// again says that the programs are others now.
Result runElsewhere(const ElsewhereRow& row, bool again = false);

}  // namespace sallyport::redteam
