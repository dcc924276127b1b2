#include "tests/bench/report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace sallyport::bench {

namespace {

double quantile(std::vector<double> samples, double which) {
  if (samples.empty()) {
    return 0;
  }
  std::sort(samples.begin(), samples.end());
  const auto last = static_cast<double>(samples.size() - 1);
  return samples[static_cast<std::size_t>(which * last + 0.5)];
}

const Series& named(const std::vector<Series>& all, const std::string& name) {
  return *std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.name == name; });
}

}  // namespace

double Series::median() const { return quantile(samples, 0.5); }
double Series::p99() const { return quantile(samples, 0.99); }

std::string table(const std::vector<Series>& all) {
  char line[200];
  std::snprintf(line,
                sizeof(line),
                "%-36s %10s %10s %7s  %s\n",
                "",
                "median",
                "p99",
                "n",
                "ratio of medians");
  std::string text = line;
  for (const auto& series : all) {
    std::string ratios;
    for (const auto& to : series.ratiosTo) {
      char ratio[80];
      std::snprintf(ratio,
                    sizeof(ratio),
                    "%.2f x %s  ",
                    series.median() / named(all, to).median(),
                    to.c_str());
      ratios += ratio;
    }
    std::snprintf(line,
                  sizeof(line),
                  "%-36s %7.1f %-2s %7.1f %-2s %7zu  %s\n",
                  series.name.c_str(),
                  series.median(),
                  series.unit.c_str(),
                  series.p99(),
                  series.unit.c_str(),
                  series.samples.size(),
                  ratios.c_str());
    text += line;
  }
  return text;
}

std::string json(const std::vector<Series>& all) {
  boost::json::array entries;
  for (const auto& series : all) {
    auto ratios = series.ratiosTo;
    if (ratios.empty()) {
      ratios.push_back(series.name);
    }
    for (const auto& to : ratios) {
      entries.push_back(boost::json::object{
          {"name", series.name},
          {"unit", series.unit},
          {"median", series.median()},
          {"p99", series.p99()},
          {"n", series.samples.size()},
          {"ratio",
           boost::json::object{{"to", to}, {"value", series.median() / named(all, to).median()}}}});
    }
  }
  return boost::json::serialize(entries) + "\n";
}

int publish(const std::vector<Series>& all, const std::string& file) {
  std::fputs(table(all).c_str(), stdout);
  const std::filesystem::path path(file);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path);
  out << json(all);
  out.close();
  return out.good() ? 0 : 1;
}

}  // namespace sallyport::bench
