#include "tests/faults/kills.h"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/devnet/devnet.h"

namespace sallyport::faults {
namespace {

using test::BrokerProcess;
using test::Milliseconds;

constexpr unsigned MOST_DELAY_MS = 400;  // from a working window to the next kill
constexpr unsigned EARLY_ONE_IN = 5;
constexpr unsigned WARM_UP = 5;  // kills before what there is is counted
constexpr unsigned LOOK_EVERY = 50;
constexpr unsigned SAME_LOOKS = 40;
const std::string ANY = "any";
const std::string DRAFT = "/.sallyport-";  // broker/files/file-operations.cpp
const std::string ENGINE = "QtWebEngineProc";
const std::string LAUNCHER = "sallyport-stay";

bool isWholeTree(const std::string& kind) { return kind == "broker" || kind == "spawner"; }
bool hasWholeTree(const std::string& kind) { return kind == ANY || isWholeTree(kind); }
bool isWindows(const std::string& kind) {
  return kind == "renderer" || kind == "engine" || kind == "frame";
}

// The last words of a broker without its spawner, and of a start that was struck as well; what was
// asked of a frame that was killed before it answered.
bool isForeseen(const std::string& line) {
  return line.find("the spawner is gone") != std::string::npos ||
         line.find(" does not start: ") != std::string::npos ||
         line.find("RpcSystem was destroyed") != std::string::npos ||
         line.find("Connection reset by peer") != std::string::npos ||
         line.find("Broken pipe") != std::string::npos;
}

class Kills {
 public:
  explicit Kills(KillReport& report) : m_report(report), m_random(report.settings.seed) {}
  void operator()();
  std::string journal() const { return m_broker ? m_broker->journal() : std::string(); }

 private:
  void start();
  void wait(const std::string& what, const std::function<bool()>& holds);
  void pause(unsigned mostMs);
  void killOnce();
  void killWindow();
  void killEarly(const std::string& window);
  void killTrusted();
  void killTree();
  pid_t pidNamed(const std::string& name);
  pid_t tabOf(const std::string& window);
  void strike(pid_t pid);
  void look();
  void lookAtHonest();
  void waitUntilQuiet();

  KillReport& m_report;
  std::string m_kind;  // of the kill that is made
  std::mt19937 m_random;
  devnet::DevnetProcess m_node;
  std::unique_ptr<BrokerProcess> m_broker;
  std::unique_ptr<Watched> m_watched;
  pid_t m_brokerPid = 0;
};

void Kills::wait(const std::string& what, const std::function<bool()>& holds) {
  if (!m_watched->until(holds)) throw std::runtime_error("not in time: " + what);
}

// Not to let something happen, but to strike at another moment each time.
void Kills::pause(unsigned mostMs) {
  std::this_thread::sleep_for(
      std::chrono::microseconds(m_random() % (std::uint64_t{mostMs} * 1000)));
}

void Kills::start() {
  const auto& settings = m_report.settings;
  const bool asksPrompt =
      settings.kind == ANY || settings.kind == "prompt" || settings.kind == "vault";
  m_broker = std::make_unique<BrokerProcess>(
      test::BrokerSetup{
          .app = {},
          .pageScript = pageScript(m_node.url(), asksPrompt ? Locking::OFTEN : Locking::NEVER),
          .promptScript = promptScript(),
          .more = {"--test-forget-crashes"}},
      false);
  giveApp(*m_broker, settings.victims, m_node.url());
  m_broker->start();
  m_watched = std::make_unique<Watched>(*m_broker);
  wait("a first tally", [&] {
    if (m_watched->tallies() == 0 || m_watched->tally().kept == 0) return false;
    for (unsigned i = 0; i < settings.victims; ++i)
      if (m_watched->ups(victimLabel(i)) == 0) return false;
    return true;
  });
  m_brokerPid = m_broker->pid();
}

pid_t Kills::pidNamed(const std::string& name) {
  pid_t pid = 0;
  wait("a process: " + name, [&] { return (pid = m_broker->pidOf(name)) > 0; });
  return pid;
}

void Kills::strike(pid_t pid) {
  // One that has just ended by itself is no kill.
  if (::kill(pid, SIGKILL) == 0) ++m_report.kills;
}

// The engine's own process of the page, which is the one that its exploits run in.
pid_t Kills::tabOf(const std::string& window) {
  for (const pid_t pid : test::descendantsOf(pidNamed("renderer " + window)))
    if (test::commandName(pid) == ENGINE && test::commandName(test::parentOf(pid)) == ENGINE)
      return pid;  // forked by the engine's zygote
  throw std::runtime_error("the engine of " + window + " has no process for its page");
}

void Kills::killWindow() {
  const auto window = victimLabel(static_cast<unsigned>(m_random() % m_report.settings.victims));
  pause(MOST_DELAY_MS);
  const auto pid = m_kind == "engine" ? tabOf(window) : pidNamed(m_kind + " " + window);
  const auto ups = m_watched->ups(window);
  const auto begin = Clock::now();
  strike(pid);
  if (m_random() % EARLY_ONE_IN == 0) {
    killEarly(window);
    return wait(window + " is back", [&] { return m_watched->ups(window) > ups; });
  }
  wait(window + " is back", [&] { return m_watched->ups(window) > ups; });
  m_report.recoveries.push_back(
      std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
}

// What is being started for the window, as far as it is by then: launchers, engine, frame.
void Kills::killEarly(const std::string& window) {
  pause(MOST_DELAY_MS);
  // Launchers whose engine is known already are not at their start any more.
  std::set<pid_t> settled;
  const auto status = m_broker->status();
  for (const auto& process : status.at("processes").as_array())
    for (pid_t pid = process.at("pid").to_number<pid_t>(); pid > 1; pid = test::parentOf(pid))
      settled.insert(pid);
  std::vector<pid_t> all;
  for (const pid_t pid : test::childrenOf(m_broker->spawner())) {
    const auto arguments = test::argumentsOf(pid);
    const bool launcher = test::commandName(pid) == LAUNCHER && settled.count(pid) == 0;
    const bool frame = m_kind == "frame" &&
                       std::find(arguments.begin(), arguments.end(), window) != arguments.end();
    if (launcher || frame) all.push_back(pid);
    if (!launcher) continue;
    // Not what the engine itself starts: of that it may have one that it never needs.
    for (const pid_t below : test::descendantsOf(pid))
      if (test::commandName(below) != ENGINE) all.push_back(below);
  }
  if (all.empty()) return;
  ++m_report.early;
  strike(all[m_random() % all.size()]);
}

void Kills::killTrusted() {
  pause(MOST_DELAY_MS);
  const pid_t pid = pidNamed(m_kind);
  const auto agains = m_watched->agains();
  const auto begin = Clock::now();
  strike(pid);
  wait("another " + m_kind, [&] {
    const auto other = m_broker->pidOf(m_kind);
    return other > 0 && other != pid;
  });
  // Between two nets may be no call at all, so those are counted in look().
  if (m_kind != "net")
    wait("the store takes something again", [&] { return m_watched->agains() > agains; });
  m_report.recoveries.push_back(
      std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
}

// Broker or spawner: nothing of the tree is left, and the next one finds what the last one kept.
void Kills::killTree() {
  pause(5 * MOST_DELAY_MS);
  m_watched->read();
  const auto kept = m_watched->tally().kept;
  strike(m_kind == "broker" ? m_broker->pid() : m_broker->spawner());
  m_broker->waitForEnd();
  for (const auto& one : m_broker->leftovers(Milliseconds(10'000), m_node.pid()))
    m_report.wrong.push_back("left behind: " + one);
  m_watched->read();
  const auto tallies = m_watched->tallies();
  m_watched->forgetFound();
  const auto begin = Clock::now();
  m_broker->start();
  m_brokerPid = m_broker->pid();
  wait("the store is open again", [&] { return m_watched->found() >= 0; });
  m_report.recoveries.push_back(
      std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  if (m_watched->found() < kept)
    m_report.wrong.push_back("lost: the store answered for " + std::to_string(kept) + " and has " +
                             std::to_string(m_watched->found()));
  wait("a tally of the new page", [&] { return m_watched->tallies() > tallies; });
}

void Kills::killOnce() {
  m_kind = m_report.settings.kind;
  if (m_kind == ANY) m_kind = kinds()[m_random() % kinds().size()];
  if (isWholeTree(m_kind)) return killTree();
  if (isWindows(m_kind)) return killWindow();
  killTrusted();
}

// Two tallies later, so that what was open when it began has had its answer.
void Kills::waitUntilQuiet() {
  m_watched->read();
  const auto tallies = m_watched->tallies();
  const auto before = m_watched->tally();
  wait("the honest window's tally", [&] { return m_watched->tallies() >= tallies + 2; });
  wait("what the honest window asks for", [&] {
    const auto& now = m_watched->tally();
    return now.kept > before.kept && now.fetched > before.fetched;
  });
  // It comes a while after the last window, and its engine's processes after it.
  wait("the spare renderer", [&] {
    const auto status = m_broker->status();
    const auto& processes = status.at("processes").as_array();
    return std::any_of(processes.begin(), processes.end(), [](const auto& process) {
      return process.at("name").as_string().starts_with("spare renderer ");
    });
  });
  std::size_t processes = 0;
  unsigned same = 0;
  wait("as many processes for a while", [&] {
    const auto now = test::descendantsOf(m_broker->pid()).size();
    same = now == processes ? same + 1 : 0;
    processes = now;
    return same >= SAME_LOOKS;
  });
}

void Kills::lookAtHonest() {
  const auto& tally = m_watched->tally();
  const auto wrong = [&](const std::string& text) { m_report.wrong.push_back(text); };
  if (tally.twice > 0) wrong(std::to_string(tally.twice) + " promises settled twice");
  if (tally.wrong > 0) wrong(std::to_string(tally.wrong) + " answers that cannot be");
  if (tally.oldestMs > 15'000)
    wrong("a call without an answer for " + std::to_string(tally.oldestMs) + " ms");
  // Only what was aimed at its own helpers may cost it an answer, and then it is told so.
  for (const auto& [code, count] : tally.codes) {
    const bool always = code == "locked" || code == "not-found";
    const bool foreseen =
        !isWindows(m_report.settings.kind) && (code == "unavailable" || code == "declined" ||
                                               code == "rate-limited" || code == "disconnected");
    if (!always && !foreseen)
      wrong(std::to_string(count) + " calls of the honest window ended as " + code);
  }
}

void Kills::look() {
  waitUntilQuiet();
  lookAtHonest();
  if (m_broker->pid() != m_brokerPid || !test::isAlive(m_brokerPid))
    m_report.wrong.push_back("the broker is not the one that it was");
  const auto status = m_broker->status();
  for (const auto& window : status.at("windows").as_array())
    if (!window.at("attached").as_bool() || window.at("cage").as_string() != "holds")
      m_report.wrong.push_back("a window is not whole: " + boost::json::serialize(window));
  m_report.after = takeCensus(*m_broker);
  m_report.drafts = 0;
  m_report.brokerKib.push_back(m_report.after.residentKib.at("broker"));
  for (auto& one : growth(m_report.before, m_report.after)) {
    // A broker that is killed leaves the file that it was just writing, under a name of its own.
    if (hasWholeTree(m_report.settings.kind) && one.find(DRAFT) != std::string::npos)
      ++m_report.drafts;
    else
      m_report.wrong.push_back(std::move(one));
  }
  m_report.honest = m_watched->tally();
}

void Kills::operator()() {
  start();
  for (unsigned i = 0; i < (hasWholeTree(m_report.settings.kind) ? 1 : WARM_UP); ++i) killOnce();
  waitUntilQuiet();
  m_report.before = takeCensus(*m_broker);
  m_report.kills = m_report.early = 0;
  m_report.recoveries.clear();
  const auto& settings = m_report.settings;
  const auto begin = Clock::now();
  const auto inTime = [&] {
    return settings.seconds == 0 || Clock::now() - begin < std::chrono::seconds(settings.seconds);
  };
  while (m_report.kills < settings.count && m_report.wrong.empty() && inTime()) {
    const auto before = m_report.kills;
    killOnce();
    if (before / LOOK_EVERY != m_report.kills / LOOK_EVERY) look();
  }
  look();
  for (const auto& line : m_watched->incidents())
    if (!isForeseen(line)) m_report.wrong.push_back(line);
  if (m_broker->end() != 0) m_report.wrong.push_back("the broker does not end in order");
  for (const auto& one : m_broker->leftovers(Milliseconds(10'000), m_node.pid()))
    m_report.wrong.push_back("left behind: " + one);
}

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all{
      "renderer", "engine", "frame", "vault", "net", "prompt", "broker", "spawner"};
  return all;
}

KillReport runKills(const KillSettings& settings) {
  KillReport report{settings};
  const auto begin = Clock::now();
  Kills kills(report);
  try {
    kills();
  } catch (const std::exception& error) {
    report.wrong.emplace_back(error.what());
  }
  std::sort(report.recoveries.begin(), report.recoveries.end());
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!settings.journal.empty())
    std::ofstream(settings.journal, std::ios::app | std::ios::binary) << kills.journal();
  return report;
}

}  // namespace sallyport::faults
