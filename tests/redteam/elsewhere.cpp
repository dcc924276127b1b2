// The list, and how it is run. See the header.
#include "tests/redteam/elsewhere.h"

#include <map>

namespace sallyport::redteam {
namespace {

constexpr const char* PAGE_MATRIX = "integration_page_matrix_test";
constexpr const char* SAFE_PAGE = "as tests/integration/page-matrix.md says";

// What was taken away is in the table of that page.
const std::vector<std::string> BY_HAND{"by hand: tests/integration/page-matrix.md"};

struct Ran {
  Outcome outcome;
  std::string summary;
  double seconds;
};

const Ran& ranOnce(const std::string& name) {
  static std::map<std::string, Ran> done;
  const auto found = done.find(name);
  if (found != done.end()) return found->second;
  const auto program = test::testBinary(name);
  if (!std::filesystem::exists(program))
    return done[name] = {Outcome::NOT_RUN, name + " is not built", 0};
  const auto since = std::chrono::steady_clock::now();
  const auto finished = test::run({program, "--no-intro=1", "--no-colors=1"});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  const auto cases = finished.output.rfind("test cases:");
  const auto line = cases == std::string::npos
                        ? std::string("no summary")
                        : finished.output.substr(cases, finished.output.find('\n', cases) - cases);
  return done[name] = {
             finished.code == 0 ? Outcome::SAFE : Outcome::UNSAFE, name + ": " + line, seconds};
}

}  // namespace

const std::vector<ElsewhereRow>& elsewhere() {
  static const std::vector<ElsewhereRow> rows{
      {"B1", "labels that are none, of nobody, or 1 MB", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B2", "patterns for labels and paths", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B3", "addresses that parsers read in two ways", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B4", "origins that look like the app's", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B5", "the bridge in frames and workers", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B7", "ways out of the document", SAFE_PAGE, {PAGE_MATRIX, "integration_remote_test"}},
      {"B8",
       "requests and redirects into the user's network",
       SAFE_PAGE,
       {PAGE_MATRIX, "integration_remote_test"}},
      {"B11", "allowed and denied at once", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"B13", "links that would start a program", SAFE_PAGE, {PAGE_MATRIX}},
      {"B14", "a debugger's ports and switches", SAFE_PAGE, {PAGE_MATRIX}, BY_HAND},
      {"G8",
       "a cage with a layer missing or a thing too many",
       "the window gets no session",
       {"integration_hostile_test", "sandbox-tests"}},
      {"J4",
       "broker or spawner killed while a renderer starts",
       "nothing is left",
       {"integration_orphans_test"}},
      {"K2",
       "a wrong policy while the broker runs",
       "the last good one stays",
       {"integration_policy_test"}},
      {"K4",
       "variables of the user's environment in the children",
       "each kind has its own names",
       {"integration_processes_test"}},
  };
  return rows;
}

Result runElsewhere(const ElsewhereRow& row) {
  Result result{row.id, Outcome::SAFE, {}, 0};
  for (const auto& name : row.tests) {
    const auto& ran = ranOnce(name);
    if (ran.outcome == Outcome::UNSAFE || result.outcome == Outcome::SAFE)
      result.outcome = ran.outcome;
    result.evidence += (result.evidence.empty() ? "" : "; ") + ran.summary;
    result.seconds += ran.seconds;
  }
  return result;
}

}  // namespace sallyport::redteam
