// What came of the attacks when their defences were taken away, kept in the repository so that a
// report can say it without a day's work: mutations-seen.json.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sallyport::redteam {

struct MutationSeen {
  std::string outcome = "none";  // "caught", "missed" or "none"
  std::vector<std::string> defences;
  std::string evidence;
  std::string date;  // 2026-11-21
};

struct MutationsSeen {
  std::map<std::string, MutationSeen> rows;

  // Of a row as it is now: one that was tried with other defences than it names counts as none.
  MutationSeen of(const std::string& id, const std::vector<std::string>& defences) const;
};

// Whether this program and all that it starts can be told to lack defences (the preset mutant).
bool isMutant();
// Every process of this build that starts from now on lacks these. Throws std::runtime_error.
void takeAway(const std::vector<std::string>& defences);

MutationsSeen readMutations(const std::filesystem::path& file);
void writeMutations(const std::filesystem::path& file, const MutationsSeen& seen);

}  // namespace sallyport::redteam
