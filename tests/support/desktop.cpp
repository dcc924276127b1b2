#include "tests/support/desktop.h"

#include <stdexcept>

namespace sallyport::test {

Desktop::Desktop(const BrokerProcess& broker) : m_authority(broker.runtime() / "xauthority") {
  const auto journal = broker.journal();
  const std::string before = "virtual display ";
  const auto at = journal.find(before) + before.size();
  m_display = journal.substr(at, journal.find('\n', at) - at);
}

std::string Desktop::run(std::vector<std::string> program) const {
  std::vector<std::string> command{"/usr/bin/env",
                                   "DISPLAY=" + m_display,
                                   "XAUTHORITY=" + m_authority,
                                   "QT_LOGGING_RULES=*=false"};
  command.insert(command.end(), program.begin(), program.end());
  const auto finished = test::run(command);
  if (finished.code != 0) throw std::runtime_error(program.front() + ": " + finished.output);
  return finished.output;
}

void Desktop::click(const std::string& title, const std::string& x, const std::string& y) const {
  auto window = run({"xdotool", "search", "--onlyvisible", "--name", title});
  window = window.substr(0, window.find('\n'));
  run({"xdotool", "mousemove", "--window", window, x, y, "click", "1"});
}

}  // namespace sallyport::test
