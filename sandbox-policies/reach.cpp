// Walks a filter with the call's number and architecture known and its arguments unknown: a jump
// that asks about an argument is taken both ways. See the header.
#include "sandbox-policies/reach.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

namespace sallyport::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t ARCHITECTURE = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t ARCHITECTURE = AUDIT_ARCH_AARCH64;
#endif

constexpr int HIGHEST_CALL = 1023;  // as in syscall-policy.cpp

using Value = std::optional<std::uint32_t>;  // nothing: depends on an argument

// Everything that the rest of a program can depend on.
struct State {
  std::size_t at = 0;
  Value accumulator = 0;
  Value index = 0;
  std::array<Value, BPF_MEMWORDS> scratch{};
  auto operator<=>(const State&) const = default;
};

class Walk {
 public:
  Walk(const SyscallPolicy::Program& program, int number) : m_program(program), m_number(number) {}

  bool letsThrough() {
    m_open.push_back({});
    while (!m_open.empty()) {
      State state = m_open.back();
      m_open.pop_back();
      if (!m_seen.insert(state).second) continue;
      if (step(state)) return true;
    }
    return false;
  }

 private:
  const sock_filter& instruction(const State& state) const {
    if (state.at >= m_program.size()) throw std::logic_error("a filter without an end");
    return m_program[state.at];
  }

  // True when this ends in letting the call through.
  bool step(State state) {
    const auto& instruction = this->instruction(state);
    const auto from = state.at++;
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        state.accumulator = load(instruction, state);
        break;
      case BPF_LDX:
        state.index = BPF_MODE(instruction.code) == BPF_MEM ? state.scratch.at(instruction.k)
                                                            : Value(instruction.k);
        break;
      case BPF_ST:
        state.scratch.at(instruction.k) = state.accumulator;
        break;
      case BPF_STX:
        state.scratch.at(instruction.k) = state.index;
        break;
      case BPF_ALU:
        state.accumulator = masked(instruction, state);
        break;
      case BPF_MISC:
        if (BPF_MISCOP(instruction.code) == BPF_TAX)
          state.index = state.accumulator;
        else
          state.accumulator = state.index;
        break;
      case BPF_RET:
        return (instruction.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW;
      default:
        return jump(instruction, from, state);
    }
    m_open.push_back(state);
    return false;
  }

  Value load(const sock_filter& instruction, const State& state) const {
    if (BPF_MODE(instruction.code) == BPF_MEM) return state.scratch.at(instruction.k);
    if (BPF_MODE(instruction.code) != BPF_ABS) return instruction.k;
    if (instruction.k == offsetof(seccomp_data, nr)) return static_cast<std::uint32_t>(m_number);
    if (instruction.k == offsetof(seccomp_data, arch)) return ARCHITECTURE;
    return std::nullopt;
  }

  static Value operandOf(const sock_filter& instruction, const State& state) {
    return BPF_SRC(instruction.code) == BPF_X ? state.index : Value(instruction.k);
  }

  static Value masked(const sock_filter& instruction, const State& state) {
    if (BPF_OP(instruction.code) != BPF_AND) throw std::logic_error("a filter that calculates");
    const auto operand = operandOf(instruction, state);
    if (!operand || !state.accumulator) return std::nullopt;
    return *state.accumulator & *operand;
  }

  bool jump(const sock_filter& instruction, std::size_t from, State state) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      state.at = from + 1 + instruction.k;
      m_open.push_back(state);
      return false;
    }
    const auto operand = operandOf(instruction, state);
    const bool known = operand && state.accumulator;
    const bool holds = known && compare(instruction, *state.accumulator, *operand);
    if (!known || holds) {
      state.at = from + 1 + instruction.jt;
      m_open.push_back(state);
    }
    if (!known || !holds) {
      state.at = from + 1 + instruction.jf;
      m_open.push_back(state);
    }
    return false;
  }

  static bool compare(const sock_filter& instruction, std::uint32_t left, std::uint32_t right) {
    switch (BPF_OP(instruction.code)) {
      case BPF_JEQ:
        return left == right;
      case BPF_JGT:
        return left > right;
      case BPF_JGE:
        return left >= right;
      default:
        return (left & right) != 0;
    }
  }

  const SyscallPolicy::Program& m_program;
  int m_number;
  std::vector<State> m_open;
  std::set<State> m_seen;
};

}  // namespace

std::string callName(int number) {
  const std::unique_ptr<char, void (*)(void*)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  return name ? name.get() : "";
}

std::optional<int> callNumber(const std::string& name) {
  const int number = seccomp_syscall_resolve_name(name.c_str());
  return number < 0 ? std::nullopt : std::optional(number);
}

std::vector<int> knownCalls() {
  std::vector<int> known;
  for (int number = 0; number <= HIGHEST_CALL; ++number)
    if (!callName(number).empty()) known.push_back(number);
  return known;
}

std::vector<int> reachableCalls(const std::vector<SyscallPolicy::Program>& programs) {
  std::vector<int> reachable;
  for (const int number : knownCalls()) {
    const bool through = std::all_of(programs.begin(), programs.end(), [&](const auto& program) {
      return Walk(program, number).letsThrough();
    });
    if (through) reachable.push_back(number);
  }
  return reachable;
}

std::string describeReach(const std::vector<SyscallPolicy::Program>& programs) {
  return std::to_string(reachableCalls(programs).size()) + " of " +
         std::to_string(knownCalls().size());
}

}  // namespace sallyport::sandbox
