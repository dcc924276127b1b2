// What a crash costs the user: from the end of a window's renderer to the first word of the page in
// the next one. Real processes in the real cage on a virtual display.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <stdexcept>

#include "tests/bench/report.h"
#include "tests/support/broker-process.h"

namespace sallyport::bench {
namespace {

using test::BrokerProcess;

// A page that has nothing to load says so at once.
constexpr const char* SCRIPT = "(async () => { await globalThis.__SALLYPORT__; page('here'); })();";
constexpr const char* SPARE = "spare renderer main";
// For the spare to have made ready what it can: it tells nobody.
constexpr std::chrono::milliseconds WARM_UP{1'000};

double millisecondsToNextPage(BrokerProcess& broker) {
  const pid_t renderer = broker.pidOf("renderer main");
  if (renderer == 0) throw std::runtime_error("no renderer to kill");
  const auto start = std::chrono::steady_clock::now();
  kill(renderer, SIGKILL);
  broker.waitForPage("here");
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

std::vector<Series> measure(int rounds) {
  // Else the fifth crash in a minute is the last.
  BrokerProcess broker({.pageScript = SCRIPT, .more = {"--test-forget-crashes"}});
  broker.waitForPage("here");
  Series fresh{"restart", "ms", {}, {}};
  Series spare{"restart-with-spare", "ms", {}, {"restart"}};
  for (int round = 0; round < rounds; ++round) {
    if (broker.pidOf(SPARE) != 0) throw std::runtime_error("there is a spare too early");
    fresh.samples.push_back(millisecondsToNextPage(broker));
    broker.waitForOther(SPARE, 0);
    std::this_thread::sleep_for(WARM_UP);
    spare.samples.push_back(millisecondsToNextPage(broker));
  }
  return {fresh, spare};
}

int main(int argc, char** argv) {
  std::string out = "build/bench/restart.json";
  int rounds = 15;
  CLI::App app("a window after the crash of its renderer, without and with a spare");
  app.add_option("--out", out, "where the JSON goes");
  app.add_option("--rounds", rounds, "crashes of each kind")->check(CLI::Range(1, 1'000));
  CLI11_PARSE(app, argc, argv);
  return publish(measure(rounds), out);
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main(argc, argv); }
