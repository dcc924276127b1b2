// Runs attacks, each with a real broker of its own and an honest window beside it; the peaceful
// ones together.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {

enum class Outcome { SAFE, UNSAFE, NOT_RUN };
std::string_view outcomeName(Outcome outcome);

// Of the broker and the honest window in it; attacks that were run together have them together.
struct Figures {
  double brokerRssMib = 0, brokerGrowthMib = 0;  // when it began, and at most so much more
  std::size_t honestCalls = 0, honestLost = 0;
  double honestQuietP99Ms = 0, honestP99Ms = 0;  // before, and during the attack
  // From the beginning of the attack; of several hostile windows the last one's.
  std::optional<double> secondsToEnd;   // until its session was ended; none: it has it still
  std::optional<double> secondsToKill;  // until its process was gone; none: it is there still
};

struct Result {
  std::string id;
  Outcome outcome = Outcome::NOT_RUN;
  std::string evidence;
  double seconds = 0;
  std::optional<Figures> figures = {};  // none: other tests tried it (elsewhere.h)
};

struct RunSettings {
  std::filesystem::path program;  // the broker
  std::filesystem::path journal;  // the broker's journal is added to this file; empty: it is not
};

// Those of one broker: one attack, or several peaceful ones.
std::vector<Result> run(const std::vector<const Attack*>& together, const RunSettings& settings);

}  // namespace sallyport::redteam
