// One broker, its honest window and its hostile ones, from start to end. See the header.
#include "tests/redteam/run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/redteam/role.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using test::BrokerProcess;

constexpr Milliseconds MEASURED(1500);  // at least so long the honest window is watched
constexpr Milliseconds LAST_LINES(600);
constexpr Milliseconds STARTS(60'000);
constexpr std::size_t LARGE_ASSET_BYTES = 1UL << 20;
constexpr const char* HONEST = "honest";

std::string hostileLabel(unsigned index) { return "hostile-" + std::to_string(index); }

void writeFile(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(path.string());
}

// The app: one honest window and so many hostile ones, which hold rights that are worth attacking.
void writeApp(const fs::path& app, unsigned hostile) {
  json::array windows, labels;
  const auto add = [&](const std::string& label) {
    windows.push_back({{"label", label}, {"title", label}, {"width", 320}, {"height", 240}});
  };
  add(HONEST);
  for (unsigned i = 0; i < hostile; ++i) {
    add(hostileLabel(i));
    labels.push_back(json::string(hostileLabel(i)));
  }
  // Opened only by the first of them.
  for (const char* child : {"child-0", "child-1"})
    windows.push_back({{"label", child},
                       {"title", child},
                       {"width", 320},
                       {"height", 240},
                       {"open", "demand"},
                       {"parent", hostileLabel(0)}});
  writeFile(app / "app.json",
            json::serialize(
                json::object{{"identifier", "redteam"},
                             {"title", "Red team"},
                             {"windows", windows},
                             {"contentSecurityPolicy", "default-src 'none'; script-src 'self'"}}));
  writeFile(app / "web/index.html",
            "<!doctype html><html><head><title>Red team</title></head></html>");
  writeFile(app / "web/large.txt", std::string(LARGE_ASSET_BYTES, 'x'));
  writeFile(app / "capabilities/honest.json",
            json::serialize(json::object{{"identifier", "honest"},
                                         {"description", "The window that must not notice"},
                                         {"windows", {HONEST}},
                                         {"permissions", {"core:default", "path:default"}}}));
  const auto scoped = [](const char* set, json::array allow) {
    return json::object{{"identifier", set}, {"allow", std::move(allow)}};
  };
  json::array permissions{"core:default",
                          "path:default",
                          "store:default",
                          "window:default",
                          "window:arrange",
                          "fs:default"};
  permissions.push_back(scoped("fs:read", {"$APPDATA/open", "$APPDATA/open/**"}));
  permissions.push_back(scoped("fs:write", {"$APPDATA/open/**"}));
  permissions.push_back(scoped("http:default", {"https://redteam.invalid"}));
  // Another origin that they may go to, with rights of its own: few.
  writeFile(app / "capabilities/elsewhere.json",
            json::serialize(json::object{
                {"identifier", "elsewhere"},
                {"description", "Where the attackers may go"},
                {"windows", labels},
                {"permissions", {"core:default"}},
                {"remote",
                 {{"origin", "elsewhere"}, {"urls", json::array{"https://redteam.invalid"}}}}}));
  writeFile(app / "capabilities/hostile.json",
            json::serialize(json::object{{"identifier", "hostile"},
                                         {"description", "What the attackers may do"},
                                         {"windows", labels},
                                         {"permissions", permissions}}));
}

std::size_t residentKib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6));
  return 0;
}

std::optional<long> openDescriptors(pid_t pid) {
  const auto list = test::descriptorsOf(pid);
  if (!list) return std::nullopt;
  return static_cast<long>(list->size());
}

Times timesIn(const std::string& journal) {
  std::vector<double> all;
  std::istringstream lines(journal);
  const std::string mark = ": @honest took";
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(mark);
    if (at == std::string::npos) continue;
    std::istringstream numbers(line.substr(at + mark.size()));
    for (double took = 0; numbers >> took;) all.push_back(took / 1000);
  }
  if (all.empty()) return {};
  std::sort(all.begin(), all.end());
  return {all.size(), all[all.size() / 2], all[all.size() * 99 / 100], all.back()};
}

std::vector<pid_t> cagedPrograms(const BrokerProcess& broker) {
  std::vector<pid_t> found;
  for (const pid_t pid : test::descendantsOf(broker.spawner()))
    if (test::commandName(pid) == "sallyport-rende") found.push_back(pid);
  return found;
}

Figures figuresOf(const Outside& seen) {
  const Health& health = seen.health;
  Figures figures;
  figures.brokerRssMib = static_cast<double>(health.rssBeforeKib) / 1024;
  figures.brokerGrowthMib =
      static_cast<double>(std::max(health.rssPeakKib, health.rssBeforeKib) - health.rssBeforeKib) /
      1024;
  figures.honestCalls = health.attacked.calls;
  figures.honestLost = health.lost;
  figures.honestQuietP99Ms = health.quiet.p99;
  figures.honestP99Ms = health.attacked.p99;
  for (const HostileWindow& window : seen.windows) {
    if (window.ended)
      figures.secondsToEnd = std::max(figures.secondsToEnd.value_or(0), window.secondsToEnd);
    if (window.secondsToKill)
      figures.secondsToKill = std::max(figures.secondsToKill.value_or(0), *window.secondsToKill);
  }
  return figures;
}

// Everything of the broker that no attack may have started again.
std::map<std::string, pid_t> trustedProcesses(const BrokerProcess& broker) {
  std::map<std::string, pid_t> found;
  const auto status = broker.status();
  for (const auto& value : status.at("processes").as_array()) {
    const auto& process = value.as_object();
    const std::string name(process.at("name").as_string());
    if (name.find("hostile-") == std::string::npos)
      found[name] = process.at("pid").to_number<pid_t>();
  }
  return found;
}

// The text behind what, up to the end of its line.
std::optional<std::string> restOf(const std::string& journal, const std::string& what) {
  const auto at = journal.find(what);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + what.size();
  return journal.substr(begin, journal.find('\n', begin) - begin);
}

class Run {
 public:
  Run(const std::vector<const Attack*>& together, const RunSettings& settings)
      : m_together(together), m_settings(settings) {
    for (const auto* attack : together) m_windows = std::max(m_windows, attack->windows);
  }

  std::vector<Result> operator()();
  std::string journal() const { return m_broker ? m_broker->journal() : std::string(); }

 private:
  bool isAlone() const { return m_together.size() == 1; }
  bool isHostileOver(const Outside& seen) const;
  void start();
  void measureQuiet(Outside& seen);
  void attack(Outside& seen);
  void look(Outside& seen, Clock::time_point since) const;
  void measureAfter(Outside& seen);
  Result judge(const Attack& attack, const Outside& seen) const;
  std::vector<Result> failed(const std::string& why, Outcome outcome) const;

  const std::vector<const Attack*>& m_together;
  const RunSettings& m_settings;
  unsigned m_windows = 1;
  test::TemporaryFolder m_folder;
  std::unique_ptr<BrokerProcess> m_broker;
  Ground m_ground;
  std::map<std::string, pid_t> m_before;
};

void Run::start() {
  const fs::path app = m_folder.path() / "app";
  writeApp(app, m_windows);
  std::string ids;
  for (const auto* attack : m_together) ids += (ids.empty() ? "" : ",") + attack->id;
  std::vector<std::string> more;
  const auto give = [&](const std::string& label, const std::string& role) {
    const auto program = m_folder.path() / label;
    writeWithRole(program, role);
    more.insert(more.end(), {"--renderer", label + "=" + program.string()});
  };
  give(HONEST, HONEST);
  for (const char* child : {"child-0", "child-1"}) give(child, "idle");
  for (unsigned i = 0; i < m_windows; ++i) give(hostileLabel(i), std::to_string(i) + " " + ids);

  m_broker = std::make_unique<BrokerProcess>(
      test::BrokerSetup{.app = app, .more = more, .program = m_settings.program}, false);
  m_ground = {m_folder.path() / "ground", m_broker->state(), m_broker->state() / "data"};
  for (const auto& folder : {m_ground.folder, m_ground.state, m_ground.appData, m_ground.open()}) {
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms::owner_all);
  }
  for (const auto* attack : m_together)
    if (attack->prepare) attack->prepare(m_ground);
  m_broker->start();
  m_broker->waitFor("@honest ready", STARTS);
  for (unsigned i = 0; i < m_windows; ++i)
    if (!test::eventually(
            [&] { return m_broker->saw("renderer " + hostileLabel(i) + ": @armed now"); }, STARTS))
      throw std::runtime_error(hostileLabel(i) + " does not start");
}

void Run::measureQuiet(Outside& seen) {
  m_before = trustedProcesses(*m_broker);
  const auto from = m_broker->journal().size();
  Milliseconds quiet(0);
  for (const auto* attack : m_together) quiet = std::max(quiet, attack->quiet);
  std::this_thread::sleep_for(quiet);
  seen.health.quiet = timesIn(m_broker->journal().substr(from));
  seen.health.rssBeforeKib = residentKib(m_broker->pid());
  seen.health.descriptorsBefore = openDescriptors(m_broker->pid());
  const auto programs = cagedPrograms(*m_broker);
  for (unsigned i = 0; i < m_windows; ++i) {
    const auto own = std::find_if(programs.begin(), programs.end(), [&](pid_t pid) {
      const auto role = roleOf("/proc/" + std::to_string(pid) + "/exe");
      return role && role->starts_with(std::to_string(i) + " ");
    });
    if (own == programs.end()) throw std::runtime_error(hostileLabel(i) + " is not there");
    seen.windows.push_back({.label = hostileLabel(i), .pid = *own});
  }
}

bool Run::isHostileOver(const Outside& seen) const {
  return std::all_of(seen.windows.begin(), seen.windows.end(), [&](const HostileWindow& window) {
    return window.ended ? window.secondsToKill.has_value() : window.over;
  });
}

void Run::look(Outside& seen, Clock::time_point since) const {
  const auto journal = seen.journal();
  for (auto& window : seen.windows) {
    window.over = window.over ||
                  journal.find("renderer " + window.label + ": @over done") != std::string::npos;
    if (!window.ended) {
      window.ended = restOf(journal, "window " + window.label + ": session ended: ");
      window.secondsToEnd = std::chrono::duration<double>(Clock::now() - since).count();
    }
    if (!window.killed)
      window.killed = restOf(journal, "window " + window.label + ": its renderer ended: ");
    if (!window.secondsToKill && !test::isAlive(window.pid))
      window.secondsToKill = std::chrono::duration<double>(Clock::now() - since).count();
  }
  seen.health.rssPeakKib = std::max(seen.health.rssPeakKib, residentKib(m_broker->pid()));
}

void Run::attack(Outside& seen) {
  Milliseconds atMost(0);
  for (const auto* attack : m_together) atMost = std::max(atMost, attack->atMost);
  seen.begin();
  seen.renderers = cagedPrograms(*m_broker);
  const auto since = Clock::now();
  for (const pid_t pid : seen.renderers) kill(pid, SIGUSR1);  // the honest one does not mind
  if (isAlone() && m_together.front()->meanwhile) m_together.front()->meanwhile(seen);
  while (Clock::now() - since < atMost && test::isAlive(m_broker->pid())) {
    look(seen, since);
    if (isHostileOver(seen) && Clock::now() - since > MEASURED) break;
    std::this_thread::sleep_for(Milliseconds(10));
  }
  std::this_thread::sleep_for(LAST_LINES);
  look(seen, since);
}

void Run::measureAfter(Outside& seen) {
  auto& health = seen.health;
  health.brokerLives = test::isAlive(m_broker->pid());
  const auto journal = seen.journal();
  health.attacked = timesIn(journal);
  health.lost = seen.count("@honest LOST");
  if (!health.brokerLives) return;
  health.rssAfterKib = residentKib(m_broker->pid());
  health.descriptorsAfter = openDescriptors(m_broker->pid());
  const auto now = trustedProcesses(*m_broker);
  for (const auto& [name, pid] : m_before) {
    const auto found = now.find(name);
    if (found == now.end() || found->second != pid) health.restarted.push_back(name);
  }
}

Result Run::judge(const Attack& attack, const Outside& seen) const {
  Outside own(seen);
  own.setId(attack.id);
  Verdict verdict;
  if (attack.judge) attack.judge(own, verdict);
  verdict.healthy(own);
  const Outcome outcome = verdict.unsafe()      ? Outcome::UNSAFE
                          : verdict.isUnclear() ? Outcome::NOT_RUN
                                                : Outcome::SAFE;
  return {attack.id, outcome, verdict.evidence(), 0, figuresOf(own)};
}

std::vector<Result> Run::failed(const std::string& why, Outcome outcome) const {
  std::vector<Result> all;
  for (const auto* attack : m_together) all.push_back({attack->id, outcome, why, 0, {}});
  return all;
}

std::vector<Result> Run::operator()() {
  try {
    start();
  } catch (const std::exception& error) {
    return failed(std::string("the broker did not start: ") + error.what(), Outcome::NOT_RUN);
  }
  Outside seen(*m_broker, m_ground, m_together.front()->id);
  try {
    measureQuiet(seen);
    attack(seen);
    measureAfter(seen);
    std::vector<Result> all;
    for (const auto* attack : m_together) all.push_back(judge(*attack, seen));
    return all;
  } catch (const std::exception& error) {
    // The broker answers no more: whoever brought that about has won.
    return failed(std::string("UNSAFE: ") + error.what(), Outcome::UNSAFE);
  }
}

}  // namespace

std::string_view outcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::SAFE:
      return "safe";
    case Outcome::UNSAFE:
      return "unsafe";
    case Outcome::NOT_RUN:
      break;
  }
  return "not-run";
}

std::vector<Result> run(const std::vector<const Attack*>& together, const RunSettings& settings) {
  const auto since = Clock::now();
  Run broker(together, settings);
  auto results = broker();
  if (!settings.journal.empty())
    std::ofstream(settings.journal, std::ios::app) << broker.journal() << '\n';
  const double seconds = std::chrono::duration<double>(Clock::now() - since).count();
  for (auto& result : results) result.seconds = seconds / static_cast<double>(results.size());
  return results;
}

}  // namespace sallyport::redteam
