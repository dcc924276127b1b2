// A seccomp policy as data with reasons, compiled by libseccomp. With allow() it is an allowlist:
// what is not named is refused. Without, it names what it takes away (the renderer's and a frame's
// second one). What the library does not know is ENOSYS, a foreign architecture is killed. Pure
// data until compile() or install(); trusted code, runs in the spawner and in each process that
// cages itself.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox-policies/tokens/make-code.h"

namespace sallyport::sandbox {

// Calls that go together, the error that refuses them, and why.
struct SyscallGroup {
  std::string_view reason;
  int error;
  std::vector<std::string> calls;
};

// Calls that go together and are let through, and why.
struct AllowedCalls {
  std::string_view reason;
  std::vector<std::string> calls;
};

// One condition on one argument: (argument & mask) == value.
struct ArgumentMatch {
  unsigned argument;
  std::uint64_t mask;
  std::uint64_t value;
};

class SyscallPolicy {
 public:
  using Program = std::vector<sock_filter>;

  // From the first of these on, what no group names is refused: with ENOSYS where every program has
  // a way without it (NEWER_CALLS), else with EPERM.
  SyscallPolicy& allow(const AllowedCalls& group);
  // Calls that give a dangerous power are let through with its token only, which is a type of its
  // own in tokens/; compile() throws std::logic_error for one that was not, and for one that is
  // none of the token's.
  template <typename Token>
  SyscallPolicy& allow(Token, const AllowedCalls& group) {
    return allowDangerous(Token::NAME, {Token::CALLS.begin(), Token::CALLS.end()}, group);
  }
  // Without this no page of memory that an allowlist's process has is writable and executable at
  // once, and none becomes executable. Loading a library works all the same.
  SyscallPolicy& allow(tokens::MakeCode, std::string_view reason);
  // Every call that the other lets through for some arguments, with its tokens, not its conditions.
  SyscallPolicy& allowAllOf(std::string_view reason, const SyscallPolicy& other);
  // An earlier refusal of the same call stays. compile() throws std::logic_error where a call is
  // both allowed and refused: a dangerous one is not let in by a slip.
  SyscallPolicy& refuse(const SyscallGroup& group);
  // Refuses the call when all matches hold.
  SyscallPolicy& refuseWhen(std::string_view reason,
                            int error,
                            std::string call,
                            std::vector<ArgumentMatch> matches);
  // Refuses the call unless the argument is one of the values, all 64 bits compared. Values ascend.
  SyscallPolicy& refuseUnless(std::string_view reason,
                              int error,
                              std::string call,
                              unsigned argument,
                              std::vector<std::uint64_t> values);

  // Linux 5.1 and later: one numbering for all architectures, and libraries still run without.
  static constexpr int NEWER_CALLS = 424;

  // Two programs: the table of calls, and the conditions on arguments. Throws std::system_error.
  std::vector<Program> compile() const;
  static constexpr unsigned PROGRAMS = 2;

  // Puts both on every thread of this process. Sets NoNewPrivs. Throws std::system_error.
  void install() const;

  // The dangerous powers that were taken, by name, ascending.
  std::vector<std::string> tokens() const;
  // Every reason given, for the README and for doctor.
  std::vector<std::string> reasons() const;

 private:
  struct Refusal {
    int error;
    std::string call;
  };
  struct Condition {
    int error;
    std::string call;
    std::vector<ArgumentMatch> matches;
  };
  struct Exception {
    int error;
    std::string call;
    unsigned argument;
    std::vector<std::uint64_t> values;
  };

  SyscallPolicy& allowDangerous(std::string_view token,
                                const std::vector<std::string_view>& calls,
                                const AllowedCalls& group);
  bool isAllowed(const std::string& call) const;
  void requireTokens() const;
  Program compileTable() const;
  Program compileArguments() const;

  std::vector<std::string> m_allowed;
  std::vector<std::string> m_withToken;  // of the allowed
  std::vector<std::string> m_wrongToken;
  std::set<std::string> m_tokens;
  std::vector<Refusal> m_refusals;
  std::vector<Condition> m_conditions;
  std::vector<Exception> m_exceptions;
  std::vector<std::string> m_reasons;
};

}  // namespace sallyport::sandbox
