// Which windows are open, and what the app's own page in each asked to be kept, over the death of
// the broker: <runtime>/pages/<label>, one file for each open window with that text as it is. No
// format, so nothing is parsed at the next start. Runs in the broker.
//
// The text is the page's and hostile; it goes back to the app's page of the same window and nowhere
// else. It is in the runtime folder, which lies in memory and goes with the user's session: what a
// page keeps may be private, and no disk has it. A page of a remote origin has nothing here: after
// a restart its class may stand for other hosts.
#pragma once

#include <kj/timer.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "broker/daemon/journal.h"

namespace sallyport::daemon {

class KeptPages {
 public:
  // From a change to the file, with what else changes until then.
  static constexpr kj::Duration WRITE_DELAY = 1 * kj::SECONDS;

  // Makes the folder. Where it cannot be, that is noted and nothing is kept.
  KeptPages(std::filesystem::path folder, kj::Timer& timer, Journal& journal);
  KJ_DISALLOW_COPY(KeptPages);

  // What the last broker left, of these labels: a window is there when it was open. A file that is
  // none of ours is noted and left out; the others hold.
  std::map<std::string, std::string> read(const std::vector<std::string>& labels);

  // label: of a declared window. It is open, and its page keeps this.
  void put(const std::string& label, std::string state);
  void drop(const std::string& label);
  void writeNow();  // what is not written yet

 private:
  const std::filesystem::path m_folder;
  kj::Timer& m_timer;
  Journal& m_journal;
  bool m_usable = true;
  std::map<std::string, std::string> m_due;  // not written yet, by label
  kj::Promise<void> m_writing = nullptr;
};

}  // namespace sallyport::daemon
