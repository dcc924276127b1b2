// The list, and how it is run. See the header.
#include "tests/redteam/elsewhere.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "tests/redteam/mutations.h"

namespace sallyport::redteam {
namespace {

// Those of its test cases whose names begin so.
std::string matrix(const std::string& beginning) {
  return "integration_page_matrix_test: " + beginning;
}
constexpr const char* SAFE_PAGE = "as tests/integration/page-matrix.md says";

struct Ran {
  Outcome outcome;
  std::string summary;
  double seconds;
};

const Ran& ranOnce(const std::string& test, bool again) {
  static std::map<std::string, Ran> done;
  const auto found = done.find(test);
  if (found != done.end() && !again) return found->second;
  const auto colon = std::min(test.find(": "), test.size());
  const auto program = test::testBinary(test.substr(0, colon));
  if (!std::filesystem::exists(program))
    return done[test] = {Outcome::NOT_RUN, program.filename().string() + " is not built", 0};
  // Some are for this only (doctest::skip).
  std::vector<std::string> command{program, "--no-intro=1", "--no-colors=1", "--no-skip=1"};
  if (colon < test.size()) command.push_back("--test-case=" + test.substr(colon + 2) + "*");
  const auto since = std::chrono::steady_clock::now();
  const auto finished = test::run(command);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  constexpr std::string_view CASES = "test cases:";
  const auto cases = finished.output.rfind(CASES);
  const auto line = cases == std::string::npos
                        ? std::string("no summary")
                        : finished.output.substr(cases, finished.output.find('\n', cases) - cases);
  // A name that no test has any more runs none, and that is no success.
  const bool ran =
      cases != std::string::npos && std::strtol(line.c_str() + CASES.size(), nullptr, 10) > 0;
  const auto outcome = finished.code != 0 ? Outcome::UNSAFE
                       : ran              ? Outcome::SAFE
                                          : Outcome::NOT_RUN;
  return done[test] = {outcome, test + ": " + line, seconds};
}

}  // namespace

const std::vector<ElsewhereRow>& elsewhere() {
  static const std::vector<ElsewhereRow> rows{
      {"B1",
       "labels that are none, of nobody, or 1 MB",
       SAFE_PAGE,
       {matrix("B1:")},
       {"who-sees-whom"}},
      {"B2",
       "patterns for labels and paths",
       SAFE_PAGE,
       {matrix("B2:"), "capabilities-test: a path pattern matches what the reference says"},
       {"asset-list", "hidden-names"}},
      {"B3",
       "addresses that parsers read in two ways",
       SAFE_PAGE,
       {matrix("B3:"), "capabilities-test: each of 200 URLs"},
       {"page-origin", "cage-stage-sees"}},
      {"B4",
       "origins that look like the app's",
       SAFE_PAGE,
       {matrix("B4:")},
       {"page-origin", "cage-stage-sees"}},
      {"B5",
       "the bridge in frames and workers",
       SAFE_PAGE,
       {matrix("B5:")},
       {"page-origin", "cage-stage-sees"}},
      {"B8",
       "requests and redirects into the user's network",
       SAFE_PAGE,
       {matrix("B8:"), "integration_remote_test", "test_daemon_window: each hop of a redirect"},
       {"every-hop"}},
      {"B11", "allowed and denied at once", SAFE_PAGE, {matrix("B11:")}, {"deny-wins"}},
      {"B13",
       "ways out of the document, and links that would start a program",
       "the document stays; https and mailto alone, and what the app names; one argument",
       {matrix("B7"), "test_daemon_window: what is out of scope", "test_opener: what is no link"},
       {"link-schemes", "page-origin", "cage-stage-sees"}},
      {"B14",
       "a debugger's ports and switches",
       SAFE_PAGE,
       {matrix("B14:")},
       {"no-debugger", "cage-stage-sees"}},
      {"D12",
       "writing until the disk is full",
       "what is left of the disk stays",
       {"files-test: what is left of the disk stays"},
       {"free-space"}},
      {"D16",
       "wrong passphrases without end",
       "one derivation at a time, back-off that is kept",
       {"test_vault_lockbox: wrong passphrases wait",
        "test_vault_lockbox: the wait is kept",
        "test_vault_lockbox: only one derivation"},
       {"back-off", "one-derivation"}},
      {"F2",
       "WebRTC, name look-ups ahead of a click, web sockets, beacons",
       "no packet leaves the page's network, and net holds no socket for it",
       {"integration_page_matrix_test: F2", "integration_processes_test: net holds nothing"},
       {"own-network", "cage-verification"}},
      {"F7",
       "a proxy in the environment, for net, the engine and the rest",
       "it is not used, and the variables are not there",
       {"test_net_transfers: a proxy in the environment",
        "integration_processes_test: each environment holds"},
       {"no-proxy"}},
      {"G8",
       "a cage with a layer missing or a thing too many",
       "the window gets no session",
       {"integration_hostile_test", "sandbox-tests"},
       {"cage-verification"}},
      {"J2",
       "the prompt or the vault ends while a payment waits for the user",
       "nothing is signed",
       {"test_vault_signer: nothing is signed when"},
       {"approval"}},
      {"J4",
       "broker or spawner killed while a renderer starts",
       "nothing is left",
       {"integration_orphans_test"},
       {"ends-with-parent"}},
      {"J7",
       "XDG_RUNTIME_DIR unset, relative, a link, of another user, open to others",
       "the start stops and says why; no folder elsewhere instead",
       {"test_daemon_files: a missing variable is named",
        "test_daemon_files: a relative path in XDG's",
        "test_daemon_files: a folder that others can read",
        "test_daemon_files: a link is refused",
        "test_daemon_files: a folder of another user"},
       {"private-folders"}},
      {"J9",
       "the wall clock set forth and back, the machine asleep meanwhile",
       "waits go by the time since the boot",
       {"test_vault_lockbox: the waits are by the clock",
        "test_vault_lockbox: a wall clock that jumps"},
       {"boot-clock"}},
      {"K2",
       "a wrong policy while the broker runs",
       "the last good one stays",
       {"integration_policy_test"},
       {"policy-owners"}},
      {"K3",
       "an app's files changed, unsigned or of an older version",
       "refused",
       {},
       {},
       {},
       "not applicable: apps carry no signature and no version that a broker could compare. They "
       "come as packages, whose signatures the package manager checks, into folders that are "
       "root's; pages cannot write there (E10). A floor for versions would be new: a version in "
       "app.json, and the highest one seen kept in the broker's state"},
      {"K4",
       "variables of the user's environment in the children",
       "each kind has its own names",
       {"integration_processes_test", "spawn-tests: a variable of the user's"},
       {"fixed-variables"}},
      {"L3",
       "secrets in memory that is swapped",
       "locked, or the process ends",
       {"test_vault_secrets: a secret that cannot be locked",
        "test_vault_process: keys are in locked memory"},
       {"locked-memory"}},
      {"L4",
       "passphrase and seed in files, output, arguments, environment and memory",
       "nowhere",
       {"test_vault_process: passphrase and seed are in no file",
        "test_vault_process: no passphrase and no seed"},
       {"wiping"}},
      {"L5",
       "a secret guessed from how long its comparison takes",
       "no step to be seen in 100,000 tries",
       {"test_vault_secrets: a secret that is wrong from its first byte"},
       {"constant-time"}},
      {"L7",
       "an approval for one payment used for another",
       "refused: it is for those bytes",
       {"test_vault_signer: an approval for other bytes"},
       {"approved-bytes"}},
      {"L8",
       "one message signed twice, a fault while it is signed",
       "RFC 6979; a signature that does not verify does not leave",
       {"bitcoin-keys-test: signatures are low in R and S",
        "bitcoin-keys-test: a signature with any bit flipped"},
       {"sound-signatures"}},
      {"L9",
       "an old header put back, a weaker derivation, changed bytes and pages",
       "refused",
       {"test_vault_lockbox: an old header put back",
        "test_vault_lockbox: a header with a weaker",
        "test_vault_lockbox: every changed byte",
        "test_vault_lockbox: a changed page"},
       {"header-generation", "weakest-derivation"}},
  };
  return rows;
}

Result runElsewhere(const ElsewhereRow& row, bool again) {
  if (row.tests.empty()) return {row.id, Outcome::NOT_RUN, row.missing, 0};
  Result result{row.id, Outcome::SAFE, {}, 0};
  for (const auto& name : row.tests) {
    const auto& ran = ranOnce(name, again);
    if (ran.outcome == Outcome::UNSAFE || result.outcome == Outcome::SAFE)
      result.outcome = ran.outcome;
    result.evidence += (result.evidence.empty() ? "" : "; ") + ran.summary;
    result.seconds += ran.seconds;
  }
  return result;
}

}  // namespace sallyport::redteam
