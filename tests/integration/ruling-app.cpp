// An app whose C++ code rules its windows: it opens, names, places, keeps and closes them, and
// writes into the journal what came of it.
#include <boost/describe.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "broker/daemon/app.h"

namespace {

using namespace sallyport;
using commands::Null;
using commands::Result;

const char* changeName(WindowChange change) {
  switch (change) {
    case WindowChange::OPENED:
      return "opened";
    case WindowChange::READY:
      return "ready";
    case WindowChange::CLOSED:
      break;
  }
  return "closed";
}

class RulingApp final : public App, private kj::TaskSet::ErrorHandler {
 public:
  explicit RulingApp(const AppHost& host) : m_host(host), m_tasks(*this) {
    noteList("early");
    m_early = m_host.windows.focus("main").has_error();
  }

  std::vector<commands::Module> modules() override { return {}; }

  void windowChanged(const std::string& label, WindowChange change) override {
    m_host.log(label + " " + changeName(change));
    const std::string what = label + " " + changeName(change);
    if (what == "main ready") open("brief");
    if (label == "brief") ruleBrief(change);
    if (what == "settings ready" && !m_isLast) ruleSide();
    if (what == "settings closed" && !m_isLast) open("lone");
    if (what == "lone ready") note("at once", m_host.windows.closeAtOnce("lone"));
    if (what == "lone closed") {
      note("main at once", m_host.windows.closeAtOnce("main"));
      throw std::runtime_error("an app's own mistake");
    }
    // The last one is gone: the broker stays, for this opens another.
    if (what == "main closed") {
      m_isLast = true;
      open("settings");
    }
    if (what == "settings ready" && m_isLast) note("last", m_host.windows.close("settings"));
  }

  bool mayClose(const std::string& label) override {
    const bool may = m_isLast || std::exchange(m_asked, true);
    m_host.log(label + (may ? " may close" : " may not close"));
    return may;
  }

 private:
  // Closed before its frame is there, and opened again as soon as it is closed: what the first
  // opening still has to say is not the second's. The second is closed when its page is there.
  void ruleBrief(WindowChange change) {
    if (change == WindowChange::OPENED && ++m_brief == 1)
      note("not yet open", m_host.windows.closeAtOnce("brief"));
    if (change == WindowChange::READY) note("brief at once", m_host.windows.closeAtOnce("brief"));
    if (change != WindowChange::CLOSED) return;
    if (m_brief == 1)
      open("brief");
    else
      ruleMain();
  }
  void ruleMain() {
    m_host.log(m_early ? "early: none is open" : "early: WRONG");
    noteList("list");
    note("unknown focus", m_host.windows.focus("nobody"));
    note("closed title", m_host.windows.setTitle("settings", "Side"));
    note("long title", m_host.windows.setTitle("main", std::string(257, 'x')));
    note("title", m_host.windows.setTitle("main", "Ruled"));
    note("unknown create", m_host.windows.create("nobody"));
    note("small", m_host.windows.setBounds("main", {1, 1, {}, {}}));
    note("bounds", m_host.windows.setBounds("main", {520, 410, {}, {}}));
    note("fullscreen", m_host.windows.setState("main", commands::window::WindowState::FULLSCREEN));
    open("settings");
    note("twice", m_host.windows.create("settings"));
  }

  void ruleSide() {
    noteList("then");
    note("kept", m_host.windows.close("settings"));
    note("focus", m_host.windows.focus("settings"));
    note("let go", m_host.windows.close("settings"));
  }

  void open(const std::string& label) { note("create " + label, m_host.windows.create(label)); }

  void noteList(const std::string& what) {
    std::string text = what + ":";
    for (const auto& window : m_host.windows.list())
      text += " " + window.label + "=" + (window.open ? window.title : "-");
    m_host.log(text);
  }
  void note(const std::string& what, const Result<Null>& answer) {
    m_host.log(what + ": " +
               (answer.has_error() ? std::string(commands::codeName(answer.error().code))
                                   : std::string("done")));
  }
  void note(const std::string& what, kj::Promise<Result<Null>> answer) {
    m_tasks.add(answer.then([this, what](Result<Null>&& result) { note(what, result); }));
  }
  void taskFailed(kj::Exception&& why) override { m_host.log(why.getDescription().cStr()); }

  const AppHost& m_host;
  bool m_early = false;
  int m_brief = 0;  // its openings
  bool m_asked = false;
  bool m_isLast = false;
  kj::TaskSet m_tasks;
};

}  // namespace

int main(int argc, char** argv) {
  return runApp(
      argc,
      argv,
      {"ruling", {}, [](const AppHost& host) { return std::make_unique<RulingApp>(host); }},
      SALLYPORT_BINARY_DIR "/bin");
}
