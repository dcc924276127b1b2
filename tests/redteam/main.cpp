// sallyport-redteam: attacks the boundary of a real broker from inside the real cage, and reports.
// As a harness it is started by hand, by ./dev redteam and by ctest; as an attacker and as the
// honest window beside it, by the broker, in the place of the renderer.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>

#include "tests/redteam/elsewhere.h"
#include "tests/redteam/mutations.h"
#include "tests/redteam/report.h"
#include "tests/redteam/role.h"

namespace {

using namespace sallyport;
using namespace sallyport::redteam;

struct Options {
  std::vector<std::string> wanted;  // groups and rows; none: all
  std::string out = "build/redteam";
  std::string broker = test::binary("sallyportd");
  std::string seen = SALLYPORT_REDTEAM_SEEN;
  std::string journal;  // file; empty: none
  bool quick = false, list = false, mutations = false;
};

bool isWanted(const Options& options, const std::string& id) {
  if (options.wanted.empty()) return true;
  return std::any_of(options.wanted.begin(), options.wanted.end(), [&](const std::string& name) {
    return name == id || (name.size() == 1 && id.compare(0, 1, name) == 0);
  });
}

std::vector<const Attack*> chosen(const Options& options) {
  std::vector<const Attack*> list;
  for (const auto& attack : attacks())
    if (isWanted(options, attack.id) && (!options.quick || attack.quick)) list.push_back(&attack);
  return list;
}

// Each with a broker of its own, but the peaceful ones together.
std::vector<std::vector<const Attack*>> brokersFor(const std::vector<const Attack*>& list) {
  std::vector<std::vector<const Attack*>> brokers;
  std::vector<const Attack*> peaceful;
  for (const auto* attack : list) {
    if (attack->kind == Attack::Kind::PEACEFUL && attack->windows == 1 && !attack->meanwhile) {
      peaceful.push_back(attack);
    } else {
      brokers.push_back({attack});
    }
  }
  if (!peaceful.empty()) brokers.insert(brokers.begin(), peaceful);
  return brokers;
}

// What is known of a row without its defence.
template <typename AnyRow>
MutationSeen knownOf(const MutationsSeen& seen, const AnyRow& row) {
  if (!row.heldBy.empty()) return {"held", {}, row.heldBy, ""};
  return seen.of(row.id, row.defences);
}

int attackAll(const Options& options) {
  const auto seen = readMutations(options.seen);
  Report report;
  const auto add = [&](Result result, const auto& row) {
    auto mutation = knownOf(seen, row);
    if (mutation.defences.empty()) mutation.defences = row.defences;
    report.rows.push_back({std::move(result), row.title, row.safe, std::move(mutation)});
    printRow(report.rows.back());
  };
  for (const auto& together : brokersFor(chosen(options)))
    for (auto& result : run(together, {options.broker, options.journal})) {
      const auto& attack = *attackNamed(result.id);
      add(std::move(result), attack);
    }
  if (!options.quick)
    for (const auto& row : elsewhere())
      if (isWanted(options, row.id)) add(runElsewhere(row), row);
  std::sort(report.rows.begin(), report.rows.end(), [](const Row& left, const Row& right) {
    return inRowOrder(left.result.id, right.result.id);
  });
  if (report.rows.empty()) {
    std::fprintf(stderr, "sallyport-redteam: no row has one of these names\n");
    return 2;
  }
  writeReport(options.out, report);
  printTotals(report);
  std::printf("%s/report.html\n", options.out.c_str());
  return std::any_of(report.rows.begin(),
                     report.rows.end(),
                     [&](const Row& row) {
                       return row.result.outcome == Outcome::UNSAFE ||
                              (options.quick && row.result.outcome == Outcome::NOT_RUN);
                     })
             ? 1
             : 0;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

// A test of its own fails for many reasons: it has to pass before, with nothing taken away.
Result withoutDefences(const ElsewhereRow& row) {
  takeAway({});
  auto before = runElsewhere(row, true);
  if (before.outcome != Outcome::SAFE) {
    before.evidence = "not safe with its defences: " + before.evidence;
    before.outcome = Outcome::NOT_RUN;
    return before;
  }
  takeAway(row.defences);
  return runElsewhere(row, true);
}

// Each row that names its defences, without them.
int attackMutants(const Options& options) {
  if (!isMutant()) {
    std::fprintf(stderr, "sallyport-redteam: --mutations is for the preset mutant\n");
    return 2;
  }
  auto seen = readMutations(options.seen);
  bool allCaught = true;
  const auto keep = [&](const Result& result, const std::vector<std::string>& defences) {
    MutationSeen row{"none", defences, result.evidence, today()};
    if (result.outcome == Outcome::UNSAFE) row.outcome = "caught";
    if (result.outcome == Outcome::SAFE) row.outcome = "missed";
    allCaught = allCaught && row.outcome == "caught";
    std::printf("%-4s %-7s %5.1f s  %s\n",
                result.id.c_str(),
                row.outcome.c_str(),
                result.seconds,
                row.evidence.c_str());
    std::fflush(stdout);
    seen.rows[result.id] = std::move(row);
    writeMutations(options.seen, seen);
    takeAway({});
  };
  for (const auto* attack : chosen(options)) {
    if (attack->defences.empty()) continue;
    takeAway(attack->defences);
    keep(run({attack}, {options.broker, options.journal}).front(), attack->defences);
  }
  for (const auto& row : elsewhere())
    if (isWanted(options, row.id) && !row.defences.empty())
      keep(withoutDefences(row), row.defences);
  return allCaught ? 0 : 1;
}

int listAll(const Options& options) {
  for (const auto* attack : chosen(options))
    std::printf("%-4s %s\n", attack->id.c_str(), attack->title.c_str());
  for (const auto& row : elsewhere())
    if (isWanted(options, row.id)) std::printf("%-4s %s\n", row.id.c_str(), row.title.c_str());
  return 0;
}

int harness(int argc, char** argv) {
  Options options;
  CLI::App cli("Attacks the boundary of a real broker from inside the real cage.");
  cli.add_option("row", options.wanted, "Groups (C) and rows (C1); none: all");
  cli.add_option("--out", options.out, "Folder of the report")->capture_default_str();
  cli.add_option("--broker", options.broker, "Another broker, of a testing build")
      ->check(CLI::ExistingFile);
  cli.add_option(
      "--journal", options.journal, "Writes the broker's journal of each run to this file");
  cli.add_flag("--quick", options.quick, "Only a smoke test; every row of it has to run");
  cli.add_flag("--list", options.list, "Only name the rows");
  cli.add_flag(
      "--mutations",
      options.mutations,
      "Attack without the defence of each row (preset mutant); writes mutations-seen.json");
  CLI11_PARSE(cli, argc, argv);
  if (options.list) return listAll(options);
  return options.mutations ? attackMutants(options) : attackAll(options);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto role = ownRole()) runInside(*role);
  try {
    return harness(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport-redteam: %s\n", error.what());
    return 2;
  }
}
