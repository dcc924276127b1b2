// The plans. See the header.
#include "broker/spawn/child-plan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "sandbox-policies/renderer-policy.h"

namespace sallyport::spawn {
namespace {

namespace renderer = sandbox::renderer;

constexpr std::array<std::string_view, 7> DISPLAY_VARIABLES{"DISPLAY",
                                                            "XAUTHORITY",
                                                            "WAYLAND_DISPLAY",
                                                            "XDG_RUNTIME_DIR",
                                                            "LANG",
                                                            "QT_QPA_PLATFORM",
                                                            "XDG_CURRENT_DESKTOP"};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

OwnedDescriptor openProgram(const std::filesystem::path& path) {
  OwnedDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail("open " + path.string());
  return file;
}

// A memory file with this content that nobody can change any more, read from its start.
OwnedDescriptor sealed(const char* name, const void* data, std::size_t size) {
  OwnedDescriptor file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) fail("memfd_create");
  const auto* bytes = static_cast<const char*>(data);
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = pwrite(file.get(), bytes + done, size - done, static_cast<off_t>(done));
    if (written <= 0) fail("write to a memory file");
    done += static_cast<std::size_t>(written);
  }
  if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
      0) {
    fail("seal a memory file");
  }
  return file;
}

std::vector<std::string> displayEnvironment(const SpawnerConfig& config) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : config.displayEnvironment) {
    if (std::find(DISPLAY_VARIABLES.begin(), DISPLAY_VARIABLES.end(), name) ==
        DISPLAY_VARIABLES.end())
      continue;
    environment.push_back(name + "=" + value);
  }
  return environment;
}

// Of the loader, and of the service manager that started this app and no other.
bool isNotTheUsers(const std::string& name) {
  constexpr std::array<std::string_view, 12> NAMES{"GLIBC_TUNABLES",
                                                   "INVOCATION_ID",
                                                   "JOURNAL_STREAM",
                                                   "LISTEN_FDNAMES",
                                                   "LISTEN_FDS",
                                                   "LISTEN_PID",
                                                   "MANAGERPID",
                                                   "NOTIFY_SOCKET",
                                                   "SYSTEMD_EXEC_PID",
                                                   "WATCHDOG_PID",
                                                   "WATCHDOG_USEC",
                                                   "WAYLAND_SOCKET"};
  return name.starts_with("LD_") || std::find(NAMES.begin(), NAMES.end(), name) != NAMES.end();
}

void planOpener(const SpawnerConfig& config, ChildPlan& plan) {
  plan.program = config.binaries / "sallyport-open";
  plan.arguments = {"--programs", config.hostPrograms.string()};
  for (const auto& scheme : config.linkSchemes)
    plan.arguments.insert(plan.arguments.end(), {"--scheme", scheme});
  for (const auto& [name, value] : config.displayEnvironment)
    if (!isNotTheUsers(name)) plan.environment.push_back(name + "=" + value);
}

std::filesystem::path rendererProgram(const SpawnerConfig& config, const std::string& label) {
  const auto& others = config.rendererReplacements;
  auto other = others.find(label);
  if (other == others.end()) other = others.find("");
  if (other != others.end()) return other->second;
  const auto* profile = sandbox::findProfile(config.profile);
  if (profile == nullptr) throw std::invalid_argument("there is no such profile");
  return config.binaries / profile->program;
}

void planRenderer(const SpawnerConfig& config, const std::string& label, ChildPlan& plan) {
  plan.program = renderer::BUBBLEWRAP;
  plan.enclosed = true;
  plan.arguments = renderer::commandLine();
  for (const auto& limit : renderer::outerLimits())
    plan.limits.push_back({limit.resource, limit.value});
  std::string arguments;
  for (const auto& argument : renderer::bubblewrapArguments(config.appId)) {
    arguments += argument;
    arguments += '\0';
  }
  plan.descriptors.push_back(sealed("cage", arguments.data(), arguments.size()));
  for (const auto& program : renderer::syscalls().compile()) {
    plan.descriptors.push_back(
        sealed("filter", program.data(), program.size() * sizeof(program[0])));
  }
  plan.descriptors.push_back(openProgram(rendererProgram(config, label)));
  plan.descriptors.push_back(openProgram(config.binaries / "sallyport-cage"));
  plan.scope =
      planScope(config.hostPrograms, config.userRuntime, config.appId, label, config.windowBounds);
}

}  // namespace

std::size_t descriptorsOf(ProcessKind kind) {
  return kind == ProcessKind::PROMPT || kind == ProcessKind::RENDERER ? 2 : 1;
}

bool hasLabel(ProcessKind kind) {
  return kind == ProcessKind::FRAME || kind == ProcessKind::RENDERER;
}

ChildPlan planChild(const SpawnerConfig& config,
                    ProcessKind kind,
                    const std::string& label,
                    std::vector<OwnedDescriptor> given) {
  ChildPlan plan;
  plan.descriptors = std::move(given);
  switch (kind) {
    case ProcessKind::VAULT:
      plan.program = config.binaries / "sallyport-vault";
      plan.arguments = {"--state", (config.stateDirectory / "vault").string()};
      if (config.fastKdf) plan.arguments.push_back("--test-fast-kdf");
      break;
    case ProcessKind::NET:
      plan.program = config.binaries / "sallyport-net";
      break;
    case ProcessKind::PROMPT:
      plan.program = config.binaries / "sallyport-display";
      plan.arguments = {"--role", "prompt"};
      if (!config.promptScript.empty()) {
        plan.arguments.insert(plan.arguments.end(),
                              {"--prompt-script", config.promptScript.string()});
      }
      plan.environment = displayEnvironment(config);
      break;
    case ProcessKind::FRAME:
      plan.program = config.binaries / "sallyport-display";
      plan.arguments = {"--role", "frame", "--label", label};
      plan.environment = displayEnvironment(config);
      break;
    case ProcessKind::RENDERER:
      planRenderer(config, label, plan);
      break;
    case ProcessKind::OPENER:
      planOpener(config, plan);
      break;
    case ProcessKind::CHOOSER:
      plan.program = config.binaries / "sallyport-display";
      plan.arguments = {"--role", "chooser"};
      if (!config.promptScript.empty()) {
        plan.arguments.insert(plan.arguments.end(),
                              {"--prompt-script", config.promptScript.string()});
      }
      plan.environment = displayEnvironment(config);
      for (const auto& [name, value] : config.displayEnvironment)
        if (name == "HOME") plan.environment.push_back(name + "=" + value);
      break;
  }
  if (plan.limits.empty()) plan.limits.push_back({RLIMIT_CORE, 0});
  return plan;
}

}  // namespace sallyport::spawn
