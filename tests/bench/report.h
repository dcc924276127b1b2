// Samples of one variant, and the table and JSON that come of all of them.
#pragma once

#include <string>
#include <vector>

namespace sallyport::bench {

struct Series {
  std::string name;
  std::string unit;
  std::vector<double> samples;
  std::vector<std::string> ratiosTo;  // names of other series with the same unit

  double median() const;
  double p99() const;
};

// One line for each series and ratio.
std::string table(const std::vector<Series>& all);
// [{name, unit, median, p99, n, ratio: {to, value}}]; a series with several ratios has several
// entries.
std::string json(const std::vector<Series>& all);
// The end of a benchmark: the table to the terminal, the JSON to a file whose folder is made. Gives
// the exit code.
int publish(const std::vector<Series>& all, const std::string& file);

}  // namespace sallyport::bench
