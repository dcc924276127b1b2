// `./dev bench decide`: what the decision costs when 10,000 commands are granted, beside the whole
// dispatch of a call. Each sample is the mean of a batch: one decision is shorter than a look at
// the clock.
#include <kj/async-io.h>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "broker/commands/module.h"
#include "broker/commands/registry.h"
#include "broker/session/dispatcher.h"
#include "broker/session/running-commands.h"
#include "capabilities/permission-sets.h"
#include "capabilities/policy.h"
#include "tests/bench/report.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t COMMANDS = 10'000;
constexpr int DECISIONS = 1'000, DISPATCHES = 50;  // in a batch

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct SilentJournal final : session::SessionJournal {
  void attached(std::string_view, std::string_view) override {}
  void ended(std::string_view, session::EndReason) override {}
  void refused(std::string_view, std::string_view, commands::Code) override {}
  void incident(std::string_view, std::string_view, std::string_view, std::string_view) override {}
  void pageLine(std::string_view, session::PageLevel, std::string_view) override {}
};

std::string commandName(std::size_t number) { return "cmd_n" + std::to_string(number); }

commands::Registry manyCommands() {
  commands::Module module("many", "As many commands as nobody has.");
  for (std::size_t i = 0; i < COMMANDS; ++i)
    module.add(commandName(i), "Does nothing.", [](const commands::Caller&, Nothing) {
      return commands::Result<commands::Null>(commands::Null{});
    });
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  return commands::Registry::create(std::move(modules)).value();
}

// Each granted by a line of its own, as a capability file says it.
capabilities::Policy grantAll(const capabilities::Catalogue& catalogue) {
  capabilities::Capability all;
  all.identifier = {"all", {"all.json", 1, 1}};
  all.windows = {{"main", {"all.json", 2, 1}}};
  for (std::size_t i = 0; i < COMMANDS; ++i) {
    const auto line = static_cast<std::uint32_t>(i + 3);
    all.permissions.push_back(
        {{"many:allow-" + capabilities::permissionName(commandName(i)), {"all.json", line, 1}},
         {}});
  }
  return capabilities::resolve(catalogue, {"main"}, {all}).value();
}

template <typename Batch>
double nanosecondsEach(int count, Batch batch) {
  const auto start = std::chrono::steady_clock::now();
  batch();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return took.count() / count;
}

std::vector<Series> measure(int rounds) {
  auto io = kj::setupAsyncIo();
  const commands::Registry registry = manyCommands();
  const auto policy =
      std::make_shared<const capabilities::Policy>(grantAll(registry.catalogue().value()));
  const std::shared_ptr<const capabilities::Grants> grants(policy, &policy->grants("main", "app"));
  SilentJournal journal;
  session::RunningCommands running(journal);
  session::Dispatcher dispatcher(
      registry, {"main", "app"}, grants, io.provider->getTimer(), journal, running);

  std::mt19937 random(7);
  std::vector<capabilities::CommandId> ids(DECISIONS);
  Series decide{"decide-10000-grants", "ns", {}, {}};
  Series dispatch{"dispatch", "ns", {}, {"decide-10000-grants"}};
  std::size_t allowed = 0;
  for (int round = 0; round < rounds; ++round) {
    for (auto& id : ids) id = static_cast<capabilities::CommandId>(random() % COMMANDS);
    decide.samples.push_back(nanosecondsEach(DECISIONS, [&] {
      for (const auto id : ids)
        allowed += capabilities::decide(*grants, id).verdict == capabilities::Verdict::ALLOWED;
    }));
    dispatch.samples.push_back(nanosecondsEach(DISPATCHES, [&] {
      for (int i = 0; i < DISPATCHES; ++i) {
        const auto settled =
            dispatcher.dispatch(commandName(static_cast<std::size_t>(ids[i])), "{}")
                .wait(io.waitScope);
        allowed += !settled.refusal;
      }
    }));
  }
  if (allowed != static_cast<std::size_t>(rounds) * (DECISIONS + DISPATCHES))
    throw std::logic_error("a granted command was refused");
  return {decide, dispatch};
}

int main(int argc, char** argv) {
  std::string out = "build/bench/decide.json";
  int rounds = 2'000;
  CLI::App app("the decision about a call, and the whole dispatch of one");
  app.add_option("--out", out, "where the JSON goes");
  app.add_option("--rounds", rounds, "batches of each")->check(CLI::Range(1, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  return publish(measure(rounds), out);
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main(argc, argv); }
