// The outcomes as a table, JSON, JUnit XML and one page of HTML.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/redteam/mutations.h"
#include "tests/redteam/run.h"

namespace sallyport::redteam {

struct Row {
  Result result;
  std::string title;
  std::string safe;
  MutationSeen mutation;  // "held" as its outcome when there is nothing to take away
  std::string group() const { return result.id.substr(0, 1); }
};

struct Report {
  std::vector<Row> rows;
};

void printRow(const Row& row);
// One line of totals.
void printTotals(const Report& report);
// report.json, junit.xml and report.html in this folder, which is made.
void writeReport(const std::filesystem::path& folder, const Report& report);

}  // namespace sallyport::redteam
