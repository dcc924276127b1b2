// faults-kills: started by ./dev faults kills and by ctest. A line for each kind of process, and a
// report as JSON; not 0 when anything was not as it should be.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/faults/kills.h"

namespace {

using namespace sallyport::faults;
namespace json = boost::json;

double quantile(const std::vector<double>& sorted, unsigned percent) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

std::size_t descriptors(const Census& census, const char* name) {
  const auto found = census.descriptors.find(name);
  return found == census.descriptors.end() ? 0 : found->second;
}

std::size_t residentKib(const Census& census, const char* name) {
  const auto found = census.residentKib.find(name);
  return found == census.residentKib.end() ? 0 : found->second;
}

json::object censusJson(const Census& census) {
  json::object out;
  for (const auto& [name, count] : census.descriptors)
    out[name] = json::object{{"descriptors", count}, {"residentKib", census.residentKib.at(name)}};
  return out;
}

json::object reportJson(const KillReport& report) {
  const auto& tally = report.honest;
  json::array wrong(report.wrong.begin(), report.wrong.end());
  json::object codes(tally.codes.begin(), tally.codes.end());
  return {{"kind", report.settings.kind},
          {"seed", report.settings.seed},
          {"windows", report.settings.victims + 1},
          {"kills", report.kills},
          {"early", report.early},
          {"drafts", report.drafts},
          {"seconds", report.seconds},
          {"medianMs", quantile(report.recoveries, 50)},
          {"p99Ms", quantile(report.recoveries, 99)},
          {"maxMs", quantile(report.recoveries, 100)},
          {"brokerKib", json::array(report.brokerKib.begin(), report.brokerKib.end())},
          {"before", censusJson(report.before)},
          {"after", censusJson(report.after)},
          {"honest",
           json::object{{"made", tally.made},
                        {"answered", tally.answered},
                        {"refused", tally.refused},
                        {"codes", std::move(codes)},
                        {"twice", tally.twice},
                        {"wrong", tally.wrong}}},
          {"wrong", std::move(wrong)}};
}

void print(const KillReport& report) {
  std::printf("%-9s %6u %6u %8.0f %8.0f %8.0f %5zu/%-5zu %6zu/%-6zu %9lld %7lld  %s\n",
              report.settings.kind.c_str(),
              report.kills,
              report.early,
              quantile(report.recoveries, 50),
              quantile(report.recoveries, 99),
              quantile(report.recoveries, 100),
              descriptors(report.before, "broker"),
              descriptors(report.after, "broker"),
              residentKib(report.before, "broker"),
              residentKib(report.after, "broker"),
              static_cast<long long>(report.honest.made),
              static_cast<long long>(report.honest.refused),
              report.wrong.empty() ? "holds" : "WRONG");
  for (const auto& one : report.wrong) std::printf("    %s\n", one.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  KillSettings settings;
  std::vector<std::string> wanted;
  std::string out = "build/faults";
  settings.seed = std::random_device()();
  auto names = kinds();
  names.emplace_back("any");
  CLI::App cli("Kills processes of a real broker at random moments, under load.");
  cli.add_option(
         "kind",
         wanted,
         "Kinds of processes, or any: another one each time; none: all, one after the other")
      ->check(CLI::IsMember(names));
  cli.add_option("--count", settings.count, "Kills of each kind")->capture_default_str();
  cli.add_option(
      "--seconds", settings.seconds, "Of each kind at most so long; 0: all of the count");
  cli.add_option("--seed", settings.seed, "For the same kills again");
  cli.add_option("--windows", settings.victims, "Windows beside the honest one")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  cli.add_option("--out", out, "Folder of the report")->capture_default_str();
  cli.add_option("--journal", settings.journal, "Writes what the brokers said to this file");
  CLI11_PARSE(cli, argc, argv);
  if (wanted.empty()) wanted = kinds();
  std::printf("seed %u\n%-9s %6s %6s %8s %8s %8s %11s %13s %9s %7s\n",
              settings.seed,
              "kind",
              "kills",
              "early",
              "median",
              "p99",
              "max ms",
              "fds",
              "KiB",
              "calls",
              "refused");
  json::array rows;
  bool holds = true;
  for (const auto& kind : wanted) {
    settings.kind = kind;
    const auto report = runKills(settings);
    print(report);
    rows.push_back(reportJson(report));
    holds = holds && report.wrong.empty();
  }
  std::filesystem::create_directories(out);
  std::ofstream(out + "/kills.json") << json::serialize(rows) << '\n';
  std::printf("%s/kills.json\n", out.c_str());
  return holds ? 0 : 1;
}
