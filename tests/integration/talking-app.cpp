// An app of its own with two windows that talk: what one says goes through the broker's C++ code to
// the other window alone.
#include <boost/describe.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/daemon/app.h"

namespace {

using namespace sallyport;

struct Say {
  std::string to;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Say, (), (to, text))

struct Said {
  std::string from;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Said, (), (from, text))

class TalkingApp final : public App {
 public:
  std::vector<commands::Module> modules() override {
    commands::Module module{"talk", "Windows that talk."};
    module.add("cmd_say",
               "Says something to one window.",
               [this](const commands::Caller& caller, Say say) -> commands::Result<commands::Null> {
                 m_said.emitTo(say.to, {caller.window, std::move(say.text)});
                 return commands::Null{};
               });
    module.addEvent("evt_said", "A window said something to this one.", m_said);
    std::vector<commands::Module> all;
    all.push_back(std::move(module));
    return all;
  }

  // Long before there is a page that could listen.
  void windowChanged(const std::string& label, WindowChange change) override {
    if (change == WindowChange::OPENED) m_said.emitTo(label, {"app", "welcome"});
  }

 private:
  commands::Emitter<Said> m_said;
};

}  // namespace

int main(int argc, char** argv) {
  return runApp(argc,
                argv,
                {"talking", {}, [](const AppHost&) { return std::make_unique<TalkingApp>(); }},
                SALLYPORT_BINARY_DIR "/bin");
}
