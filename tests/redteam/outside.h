// What the harness saw of an attack without asking the attacker, and what the attacker said of
// itself; and the verdict over both.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/broker-process.h"

namespace sallyport::redteam {

// The folders of a broker that has not started yet.
struct Ground {
  std::filesystem::path folder;   // of the harness, empty
  std::filesystem::path state;    // of the broker
  std::filesystem::path appData;  // what $APPDATA of the hostile windows means
  // All that they may reach: to read, and beneath it to write.
  std::filesystem::path open() const { return appData / "open"; }
};

struct HostileWindow {
  std::string label;
  // Of the session that it had when the attack began; none: it has it still.
  std::optional<std::string> ended = {};
  std::optional<std::string> killed = {};  // what the broker wrote when the process was gone
  double secondsToEnd = 0;
  pid_t pid = 0;                             // of its renderer when the attack began
  std::optional<double> secondsToKill = {};  // until that was gone
  bool over = false;                         // it came to its own end
};

struct Times {
  std::size_t calls = 0;
  double p50 = 0, p99 = 0, most = 0;  // milliseconds
};

struct Health {
  bool brokerLives = true;
  std::vector<std::string> restarted;  // processes that are no hostile window's
  std::size_t rssBeforeKib = 0, rssPeakKib = 0, rssAfterKib = 0;
  std::optional<long> descriptorsBefore, descriptorsAfter;  // none: they may not be read here
  Times quiet, attacked;                                    // of the honest window's calls
  std::size_t lost = 0;
};

class Outside {
 public:
  Outside(test::BrokerProcess& broker, Ground ground, std::string id)
      : m_broker(broker), m_ground(std::move(ground)), m_id(std::move(id)) {}

  test::BrokerProcess& broker() const { return m_broker; }
  const Ground& ground() const { return m_ground; }
  const std::string& id() const { return m_id; }
  void setId(std::string id) { m_id = std::move(id); }

  std::vector<HostileWindow> windows;
  std::vector<pid_t> renderers;  // of the hostile windows, when the attack began
  Health health;

  // What the attacker said, by name. From all of its windows; the last one counts.
  std::map<std::string, std::string> facts() const;
  // The journal from the beginning of the attack on.
  std::string journal() const { return m_broker.journal().substr(m_begin); }
  bool saw(const std::string& text) const { return journal().find(text) != std::string::npos; }
  std::size_t count(std::string_view text) const;
  void begin() { m_begin = m_broker.journal().size(); }

 private:
  test::BrokerProcess& m_broker;
  Ground m_ground;
  std::string m_id;
  std::size_t m_begin = 0;
};

class Verdict {
 public:
  // what: as evidence, whether it holds or not.
  void expect(bool holds, const std::string& what);
  void note(const std::string& what) { m_evidence.push_back(what); }
  // Nothing was seen that could tell; the row counts as not run.
  void cannotTell(const std::string& why);

  // Each hostile window's session was ended, for one of these reasons ("": for any breach).
  void endsWith(const Outside& seen, std::initializer_list<std::string_view> reasons);
  // As endsWith, or the window is held down by the rate and has its session still.
  void endsOrIsHeldDown(const Outside& seen, std::initializer_list<std::string_view> reasons);
  // Each fact whose name begins so has one of these values, and there is at least one.
  void facts(const Outside& seen,
             const std::string& prefix,
             std::initializer_list<std::string_view> values);
  // Nobody else was hurt: memory, the honest window's calls, no restart.
  void healthy(const Outside& seen);

  bool unsafe() const { return m_unsafe; }
  bool isUnclear() const { return m_unclear; }
  std::string evidence() const;

 private:
  bool m_unsafe = false, m_unclear = false;
  std::vector<std::string> m_evidence;
};

}  // namespace sallyport::redteam
