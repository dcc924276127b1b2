// A real sallyportd with real children on a virtual display, in folders of its own: started, read
// through its journal, asked through the CLI, ended, and nothing of it is left.
#pragma once

#include <sys/types.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/process-table.h"

namespace sallyport::test {

// Of a program that ran to its end.
struct Finished {
  int code = -1;       // or 128 + signal
  std::string output;  // both streams
};
Finished run(const std::vector<std::string>& command);

std::filesystem::path binary(const std::string& name);      // of the product
std::filesystem::path testBinary(const std::string& name);  // of the tests
std::filesystem::path testApp(const std::string& name);     // tests/integration/apps

struct BrokerSetup {
  std::filesystem::path app = testApp("probe");
  std::string pageScript = {};          // runs in the page, after apps/probe/web/probe.js
  std::string promptScript = {};        // one JSON object a line; empty: every question is declined
  std::filesystem::path renderer = {};  // instead of the real one
  std::vector<std::string> more = {};   // options of sallyportd
  std::filesystem::path program = binary("sallyportd");  // the app's broker
};

class BrokerProcess {
 public:
  explicit BrokerProcess(BrokerSetup setup, bool startNow = true);
  // Ends what is left, by the process numbers of this tree.
  ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  // Before start(): an app that was written into folder().
  void setApp(std::filesystem::path app) { m_setup.app = std::move(app); }

  // Again, in the same folders. The former one must have ended.
  void start();
  // All but the program's name; folders of this object.
  std::vector<std::string> commandLine() const;

  // The first line after those that were waited for before, that holds this text. Throws with the
  // end of the journal when none comes in time.
  std::string waitFor(const std::string& text, Milliseconds deadline = Milliseconds(30'000));
  // What the page's script wrote with page(NAME, …), its JSON values with a space between.
  std::string waitForPage(const std::string& name, Milliseconds deadline = Milliseconds(30'000));
  std::size_t count(const std::string& text) const;  // lines so far that hold it
  bool saw(const std::string& text) const { return count(text) > 0; }
  std::string journal() const;  // all starts
  // Those from this one on that are there by now; it is moved behind them.
  std::vector<std::string> linesFrom(std::size_t& next) const;

  void signal(int number) const;
  // The exit code, or 128 + signal. Throws when it does not end in time.
  int waitForEnd(Milliseconds deadline = Milliseconds(20'000));
  int end();  // SIGTERM, and waits

  boost::json::object status() const;
  // Of a process by its name in status: "broker", "vault", "prompt", "net", "frame main", "renderer
  // main"; 0 while it does not run.
  pid_t pidOf(const std::string& name) const;
  std::int64_t restartsOf(const std::string& name) const;
  // Waits for a process of this name that is another one than this.
  pid_t waitForOther(const std::string& name,
                     pid_t than,
                     Milliseconds deadline = Milliseconds(30'000)) const;

  pid_t pid() const { return m_pid; }
  pid_t spawner() const;
  pid_t display() const;  // the X server
  const std::filesystem::path& runtime() const { return m_runtime; }
  const std::filesystem::path& state() const { return m_state; }
  const std::filesystem::path& folder() const { return m_folder.path(); }
  Finished cli(std::vector<std::string> arguments) const;

  // Whatever of the tree is still alive this long after the broker has ended. other: a child of the
  // test that is none of it.
  std::vector<std::string> leftovers(Milliseconds deadline = Milliseconds(10'000),
                                     pid_t other = 0) const;

 private:
  void readJournal(int fd);

  TemporaryFolder m_folder;
  std::filesystem::path m_runtime, m_state;
  BrokerSetup m_setup;
  std::set<pid_t> m_before;  // children of the test that are older than this
  pid_t m_pid = -1;
  std::thread m_reader;
  mutable std::mutex m_mutex;
  std::condition_variable m_more;
  std::vector<std::string> m_lines;
  std::size_t m_waited = 0;
  bool m_closed = true;
};

}  // namespace sallyport::test
