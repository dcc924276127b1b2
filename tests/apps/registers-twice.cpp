// An app with a mistake: its module brings a command that another module of it has already.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/daemon/app.h"

namespace {

using sallyport::commands::Caller;
using sallyport::commands::Module;
using sallyport::commands::Result;

struct Ask {};
BOOST_DESCRIBE_STRUCT(Ask, (), ())

Module moduleWith(std::string name, std::string answer) {
  Module module(std::move(name), "Answers.");
  module.add("cmd_ask", "Answers.", [answer](const Caller&, Ask) -> Result<std::string> {
    return answer;
  });
  return module;
}

struct Twice final : sallyport::App {
  std::vector<Module> modules() override {
    std::vector<Module> all;
    all.push_back(moduleWith("first", "one"));
    all.push_back(moduleWith("second", "two"));
    return all;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const auto make = [](const sallyport::AppHost&) { return std::make_unique<Twice>(); };
  return sallyport::runApp(argc, argv, {"twice", {}, make});
}
