// Runs attacks, each with a real broker of its own and an honest window beside it; the peaceful
// ones together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {

enum class Outcome { SAFE, UNSAFE, NOT_RUN };
std::string_view outcomeName(Outcome outcome);

struct Result {
  std::string id;
  Outcome outcome = Outcome::NOT_RUN;
  std::string evidence;
  double seconds = 0;
};

struct RunSettings {
  std::filesystem::path program;  // the broker
  std::filesystem::path journal;  // the broker's journal is added to this file; empty: it is not
};

// Those of one broker: one attack, or several peaceful ones.
std::vector<Result> run(const std::vector<const Attack*>& together, const RunSettings& settings);

}  // namespace sallyport::redteam
