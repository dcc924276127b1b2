// Kills processes of one kind of a real broker at random moments while its pages make calls, and
// looks each time whether everything is as it should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/census.h"
#include "tests/faults/loaded-app.h"

namespace sallyport::faults {

struct KillSettings {
  std::string kind;  // one of kinds(), or "any": one of them for each kill
  unsigned count = 20;
  unsigned seconds = 0;  // at most so long, whatever the count; 0: as long as it takes
  unsigned seed = 1;
  unsigned victims = 2;      // windows beside the honest one
  std::string journal = {};  // file for what the broker said; empty: none
};

// In the order in which they are tried.
const std::vector<std::string>& kinds();

struct KillReport {
  KillSettings settings;
  unsigned kills = 0;
  unsigned early = 0;   // of those, at something that was just being started
  unsigned drafts = 0;  // unfinished files that killed brokers left in the page's folder
  double seconds = 0;
  // Milliseconds from a kill to the first call that goes through again; early kills have none.
  std::vector<double> recoveries = {};  // in order
  Census before = {}, after = {};
  std::vector<std::size_t> brokerKib = {};  // at each look
  Tally honest = {};                        // at the end, of the honest window's last page
  std::vector<std::string> wrong = {};      // none: everything held
};

// Does not throw: what goes wrong is in the report.
KillReport runKills(const KillSettings& settings);

}  // namespace sallyport::faults
