// An app whose windows make calls all the time: files, the encrypted store, a server, the page's
// state. Its pages count what became of each call, and say so in the journal, where this reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sallyport::test {
class BrokerProcess;
}

namespace sallyport::faults {

using Clock = std::chrono::steady_clock;

constexpr const char* HONEST = "honest";  // no fault is aimed at this window
std::string victimLabel(unsigned index);

enum class Locking { NEVER, OFTEN };  // the honest window locks the store and has it opened again

// The app, in a broker's folder and before that starts; its page's script and its prompt's.
void giveApp(test::BrokerProcess& broker, unsigned victims, const std::string& server);
std::string pageScript(const std::string& server, Locking locking);
std::string promptScript();

// Of the honest window's calls since its page began.
struct Tally {
  std::int64_t made = 0, answered = 0, refused = 0;
  std::int64_t twice = 0;                     // settled that were settled before
  std::int64_t wrong = 0;                     // answers that cannot be: a lost write, half a file
  std::int64_t kept = 0;                      // the last number that the store said it has
  std::int64_t fetched = 0;                   // answers of the server
  double oldestMs = 0;                        // the oldest call without an answer
  std::map<std::string, std::int64_t> codes;  // of those that were refused
};

// Reads the journal as it grows.
class Watched {
 public:
  explicit Watched(const test::BrokerProcess& broker) : m_broker(broker) {}
  void read();
  // Reads on until it holds. False when it does not within a minute, on a machine that does other
  // things too.
  bool until(const std::function<bool()>& holds);

  // How often a window's page said that its calls go through after it was made anew.
  unsigned ups(const std::string& window) const;
  // How often the store took what the honest window wrote, after it did not.
  unsigned agains() const { return m_agains; }
  unsigned tallies() const { return m_tallies; }
  const Tally& tally() const { return m_tally; }
  // What the honest page found in the store when it was made; -1 before it looked.
  std::int64_t found() const { return m_found; }
  void forgetFound() { m_found = -1; }
  // Lines of the broker's own that must not be: incidents, tasks that failed.
  const std::vector<std::string>& incidents() const { return m_incidents; }

 private:
  const test::BrokerProcess& m_broker;
  std::size_t m_next = 0;
  std::map<std::string, unsigned> m_ups;
  unsigned m_agains = 0;
  unsigned m_tallies = 0;
  std::int64_t m_found = -1;
  Tally m_tally;
  std::vector<std::string> m_incidents;
};

}  // namespace sallyport::faults
