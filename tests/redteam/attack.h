// One attack: what a hostile renderer does in the real cage, and how its outcome is judged from
// outside. A file in attacks/ holds one attack and registers it; nothing else has to be edited.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/redteam/inside.h"
#include "tests/redteam/outside.h"

namespace sallyport::redteam {

struct Attack {
  std::string id;     // its row, a group's letter and a number: "C1"
  std::string title;  // what the attacker does
  std::string safe;   // what has to come of it

  // PEACEFUL: it leaves its session and its process as they were, so that many share one broker.
  enum class Kind { PEACEFUL, ENDS } kind = Kind::ENDS;
  unsigned windows = 1;  // hostile windows at once; Inside::window() says which one this is
  std::chrono::milliseconds quiet{1500};   // the honest window is measured so long before
  std::chrono::milliseconds atMost{8000};  // then the harness stops waiting
  bool quick = false;                      // part of the smoke test
  // Names in mutations.json. The attack has to be seen unsafe without all of them at once.
  std::vector<std::string> defences = {};
  // Without defences: what holds it that no mutation of this project's code could take away.
  std::string heldBy = {};

  std::function<void(const Ground&)> prepare = {};  // harness: before the broker starts
  std::function<void(Inside&)> inside = {};         // in the cage
  std::function<void(Outside&)> meanwhile = {};     // harness: once, when the attack has begun
  // Harness: at the end. That nobody else was hurt is judged for each row (Verdict::healthy).
  std::function<void(const Outside&, Verdict&)> judge = {};

  std::string group() const { return id.substr(0, 1); }
};

// For a static object of an attack's file.
class Registered {
 public:
  explicit Registered(Attack attack);
};

// All that were registered, in the order of their rows.
const std::vector<Attack>& attacks();
const Attack* attackNamed(const std::string& id);
// By letter, then by number.
bool inRowOrder(const std::string& left, const std::string& right);

}  // namespace sallyport::redteam
