// Compiles a SyscallPolicy with libseccomp and puts it on the process. See the header.
#include "sandbox-policies/syscall-policy.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "sandbox-policies/tokens/make-cages.h"
#include "sandbox-policies/tokens/memory-files.h"
#include "sandbox-policies/tokens/nest-cages.h"
#include "sandbox-policies/tokens/open-sockets.h"
#include "sandbox-policies/tokens/serve-sockets.h"
#include "sandbox-policies/tokens/signal-others.h"
#include "sandbox-policies/tokens/start-programs.h"

namespace sallyport::sandbox {
namespace {

// Above every system call number that any kernel has; libseccomp answers null for those it does not
// know.
constexpr int HIGHEST_CALL = 1023;

using Filter = std::unique_ptr<void, void (*)(void*)>;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

Filter makeFilter(std::uint32_t otherwise) {
  Filter filter(seccomp_init(otherwise), &seccomp_release);
  if (!filter) fail(ENOMEM, "seccomp_init");
  if (int rc = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)) {
    fail(-rc, "seccomp bad architecture action");
  }
  // A binary tree: a page's hottest calls must not walk a list of 350.
  if (int rc = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2)) {
    fail(-rc, "seccomp optimisation");
  }
  return filter;
}

// Unknown to the library or to this architecture: negative.
int numberOf(const std::string& call) { return seccomp_syscall_resolve_name(call.c_str()); }

SyscallPolicy::Program exported(const Filter& filter) {
  const int fd = memfd_create("seccomp", MFD_CLOEXEC);
  if (fd < 0) fail(errno, "memfd_create");
  SyscallPolicy::Program program;
  int rc = seccomp_export_bpf(filter.get(), fd);
  const off_t size = lseek(fd, 0, SEEK_END);
  if (rc == 0 && size > 0 && size % sizeof(sock_filter) == 0) {
    program.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (pread(fd, program.data(), static_cast<std::size_t>(size), 0) != size) rc = -EIO;
  } else if (rc == 0) {
    rc = -EIO;
  }
  close(fd);
  if (rc != 0) fail(-rc, "seccomp_export_bpf");
  return program;
}

void addRule(const Filter& filter,
             int error,
             int number,
             const std::vector<scmp_arg_cmp>& matches) {
  const int rc = seccomp_rule_add_array(filter.get(),
                                        SCMP_ACT_ERRNO(static_cast<unsigned>(error)),
                                        number,
                                        static_cast<unsigned>(matches.size()),
                                        matches.data());
  // The same refusal twice is one refusal.
  if (rc != 0 && rc != -EEXIST) fail(-rc, "seccomp rule for call " + std::to_string(number));
}

template <typename... Tokens>
bool isOneOf(std::string_view call) {
  const auto has = [&](const auto& calls) {
    return std::find(calls.begin(), calls.end(), call) != calls.end();
  };
  return (has(Tokens::CALLS) || ...);
}

bool isDangerous(std::string_view call) {
  return isOneOf<tokens::StartPrograms,
                 tokens::OpenSockets,
                 tokens::ServeSockets,
                 tokens::SignalOthers,
                 tokens::MemoryFiles,
                 tokens::NestCages,
                 tokens::MakeCages>(call);
}

scmp_arg_cmp compare(unsigned argument, scmp_compare op, std::uint64_t a, std::uint64_t b = 0) {
  return scmp_arg_cmp{argument, op, a, b};
}

}  // namespace

SyscallPolicy& SyscallPolicy::allow(const AllowedCalls& group) {
  m_reasons.emplace_back(group.reason);
  m_allowed.insert(m_allowed.end(), group.calls.begin(), group.calls.end());
  return *this;
}

SyscallPolicy& SyscallPolicy::allowDangerous(std::string_view token,
                                             const std::vector<std::string_view>& calls,
                                             const AllowedCalls& group) {
  m_tokens.emplace(token);
  for (const auto& call : group.calls) {
    const bool isOne = std::find(calls.begin(), calls.end(), call) != calls.end();
    (isOne ? m_withToken : m_wrongToken).push_back(call);
  }
  return allow(group);
}

SyscallPolicy& SyscallPolicy::allow(tokens::MakeCode, std::string_view reason) {
  m_tokens.emplace(tokens::MakeCode::NAME);
  m_reasons.emplace_back(reason);
  return *this;
}

SyscallPolicy& SyscallPolicy::allowAllOf(std::string_view reason, const SyscallPolicy& other) {
  m_tokens.insert(other.m_tokens.begin(), other.m_tokens.end());
  m_withToken.insert(m_withToken.end(), other.m_withToken.begin(), other.m_withToken.end());
  m_wrongToken.insert(m_wrongToken.end(), other.m_wrongToken.begin(), other.m_wrongToken.end());
  m_allowed.insert(m_allowed.end(), other.m_allowed.begin(), other.m_allowed.end());
  m_reasons.emplace_back(reason);
  return *this;
}

std::vector<std::string> SyscallPolicy::tokens() const {
  return {m_tokens.begin(), m_tokens.end()};
}

void SyscallPolicy::requireTokens() const {
  for (const auto& call : m_wrongToken) {
    throw std::logic_error("a call is none of its token's: " + call);
  }
  for (const auto& call : m_allowed) {
    if (isDangerous(call) &&
        std::find(m_withToken.begin(), m_withToken.end(), call) == m_withToken.end()) {
      throw std::logic_error("a dangerous call is allowed without its token: " + call);
    }
  }
}

SyscallPolicy& SyscallPolicy::refuse(const SyscallGroup& group) {
  m_reasons.emplace_back(group.reason);
  for (const auto& call : group.calls) {
    const bool known = std::any_of(m_refusals.begin(),
                                   m_refusals.end(),
                                   [&](const Refusal& refusal) { return refusal.call == call; });
    if (!known) m_refusals.push_back({group.error, call});
  }
  return *this;
}

SyscallPolicy& SyscallPolicy::refuseWhen(std::string_view reason,
                                         int error,
                                         std::string call,
                                         std::vector<ArgumentMatch> matches) {
  m_reasons.emplace_back(reason);
  m_conditions.push_back({error, std::move(call), std::move(matches)});
  return *this;
}

SyscallPolicy& SyscallPolicy::refuseUnless(std::string_view reason,
                                           int error,
                                           std::string call,
                                           unsigned argument,
                                           std::vector<std::uint64_t> values) {
  m_reasons.emplace_back(reason);
  m_exceptions.push_back({error, std::move(call), argument, std::move(values)});
  return *this;
}

bool SyscallPolicy::isAllowed(const std::string& call) const {
  return std::find(m_allowed.begin(), m_allowed.end(), call) != m_allowed.end();
}

SyscallPolicy::Program SyscallPolicy::compileTable() const {
  Filter filter = makeFilter(SCMP_ACT_ERRNO(ENOSYS));
  std::map<int, int> refused;  // the error by the number
  for (const auto& refusal : m_refusals) {
    if (isAllowed(refusal.call))
      throw std::logic_error("a call is both allowed and refused: " + refusal.call);
    refused.emplace(numberOf(refusal.call), refusal.error);
  }
  for (int number = 0; number <= HIGHEST_CALL; ++number) {
    const std::unique_ptr<char, void (*)(void*)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
    if (!name) continue;
    int error = 0;
    if (const auto refusal = refused.find(number); refusal != refused.end())
      error = refusal->second;
    else if (!m_allowed.empty() && !isAllowed(name.get()))
      error = number >= NEWER_CALLS ? ENOSYS : EPERM;
    // The default already says ENOSYS, and libseccomp refuses a rule that repeats the default.
    if (error == ENOSYS) continue;
    if (error != 0)
      addRule(filter, error, number, {});
    else if (int rc = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, number, 0, nullptr))
      fail(-rc, std::string("seccomp allow ") + name.get());
  }
  return exported(filter);
}

SyscallPolicy::Program SyscallPolicy::compileArguments() const {
  Filter filter = makeFilter(SCMP_ACT_ALLOW);
  if (!m_allowed.empty() && m_tokens.count(std::string(tokens::MakeCode::NAME)) == 0) {
    constexpr std::uint64_t BOTH = PROT_WRITE | PROT_EXEC;
    addRule(filter, EPERM, numberOf("mmap"), {compare(2, SCMP_CMP_MASKED_EQ, BOTH, BOTH)});
    addRule(filter,
            EPERM,
            numberOf("mprotect"),
            {compare(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)});
  }
  for (const auto& condition : m_conditions) {
    const int number = numberOf(condition.call);
    if (number < 0) continue;
    std::vector<scmp_arg_cmp> matches;
    for (const auto& match : condition.matches) {
      matches.push_back(compare(match.argument, SCMP_CMP_MASKED_EQ, match.mask, match.value));
    }
    addRule(filter, condition.error, number, matches);
  }
  // libseccomp compares an argument once a rule, so "none of these" is spelled out: below, each gap
  // value, above.
  for (const auto& exception : m_exceptions) {
    const int number = numberOf(exception.call);
    if (number < 0) continue;
    const auto lowest = exception.values.front();
    const auto highest = exception.values.back();
    if (lowest > 0) {
      addRule(filter, exception.error, number, {compare(exception.argument, SCMP_CMP_LT, lowest)});
    }
    for (std::uint64_t value = lowest; value < highest; ++value) {
      const auto& values = exception.values;
      if (std::find(values.begin(), values.end(), value) != values.end()) continue;
      addRule(filter, exception.error, number, {compare(exception.argument, SCMP_CMP_EQ, value)});
    }
    addRule(filter, exception.error, number, {compare(exception.argument, SCMP_CMP_GT, highest)});
  }
  return exported(filter);
}

std::vector<SyscallPolicy::Program> SyscallPolicy::compile() const {
  requireTokens();
  return {compileTable(), compileArguments()};
}

void SyscallPolicy::install() const {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(errno, "PR_SET_NO_NEW_PRIVS");
  auto programs = compile();
  // The arguments first: the table may refuse seccomp itself.
  std::reverse(programs.begin(), programs.end());
  for (auto& program : programs) {
    sock_fprog prog{static_cast<unsigned short>(program.size()), program.data()};
    const long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
    if (rc != 0) fail(rc < 0 ? errno : EBUSY, "seccomp filter");
  }
}

std::vector<std::string> SyscallPolicy::reasons() const { return m_reasons; }

}  // namespace sallyport::sandbox
