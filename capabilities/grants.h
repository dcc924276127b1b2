// What one window in one origin class may do, as a flat table, and the one question asked of it.
// Pure: no I/O, no RPC, no clock. Runs in the broker; trusts nothing but its arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/scope.h"

namespace sallyport::capabilities {

// Row of a command or an event in the catalogue (catalogue.h), dense from 0.
enum class CommandId : std::uint32_t {};

// Bounds that a grant puts on one command; absent means the framework's default.
struct Limits {
  std::optional<std::uint32_t> perMinute;
  std::optional<std::uint32_t> concurrent;
  std::optional<std::uint64_t> maxBytes;  // JSON text of the arguments
};

// Where a line of policy stands, for explain, audit and errors. line and column count from 1.
struct Source {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// One line of policy that speaks of a command or an event in this window and origin, for explain
// and list.
struct Rule {
  enum class Effect {
    ALLOW,
    DENY,
    NARROW,  // bounds what others allow, and allows nothing
    REVOKE   // while the broker runs; stands in no file
  };
  Effect effect = Effect::ALLOW;
  std::string permission;  // as written: "core:default"
  Source at;
};

struct Grant {
  bool allowed = false;
  bool denied = false;  // a deny that matches this window and origin; beats allowed
  Limits limits;
  Scope scope;  // of a command that takes one: what is not in it is out of reach
  Source allowedAt;
  Source deniedAt;
  std::vector<Rule> rules;  // the app's files in order, then the admin's, then what was revoked
};

// One row for each command and each event of the catalogue, in CommandId order.
struct Grants {
  std::vector<Grant> rows;
};

enum class Verdict { ALLOWED, NOT_GRANTED, DENIED };

struct Decision {
  Verdict verdict = Verdict::NOT_GRANTED;
  const Grant* grant = nullptr;  // null when the command is not in the table; never when ALLOWED
};

// Total: an id outside the table is NOT_GRANTED. O(1), does not allocate, does not throw.
Decision decide(const Grants& grants, CommandId command) noexcept;

}  // namespace sallyport::capabilities
