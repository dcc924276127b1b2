// `./dev bench channels`: a channel of many small items, of large ones to a page that reads as fast
// as it can, and of large ones to a page that reads slowly; what the broker grows by meanwhile.
// This process is the broker. Prints a table and writes JSON (design, section 13).
#include <kj/debug.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/growth.h"
#include "tests/bench/report.h"
#include "tests/bench/window.h"

namespace sallyport::bench {
namespace {

struct Options {
  std::string out = "build/bench/channels.json";
  int messages = 10'000;
  int mebibytes = 256;
  int slowMebibytes = 1024;
  int rounds = 3;
};

constexpr int ITEM_BYTES = 64 * 1024;
constexpr int ITEMS_PER_MEBIBYTE = 16;
constexpr int SLOW_PAUSE_MS = 4;

std::vector<Series> measure(const Options& options) {
  auto io = kj::setupAsyncIo();
  auto window = realSession(io);
  window->stream({100, 10, 0});
  Series messages{"items-" + std::to_string(options.messages), "ms", {}, {}};
  Series fast{"read-at-once", "MiB/s", {}, {}};
  Series slow{"read-slowly", "MiB/s", {}, {}};
  Series fastGrowth{"broker-grows-by-read-at-once", "MiB", {}, {}};
  Series slowGrowth{"broker-grows-by-read-slowly", "MiB", {}, {}};
  const auto stream = [&](int mebibytes, int pauseMs, Series& speed, Series& growth) {
    Growth grows(io.provider->getTimer());
    const double ms = window->stream({mebibytes * ITEMS_PER_MEBIBYTE, ITEM_BYTES, pauseMs});
    KJ_REQUIRE(ms > 0, "the page did not get everything");
    speed.samples.push_back(mebibytes * 1000.0 / ms);
    growth.samples.push_back(grows.mebibytes());
  };
  for (int round = 0; round < options.rounds; ++round) {
    messages.samples.push_back(window->stream({options.messages, 10, 0}));
    stream(options.mebibytes, 0, fast, fastGrowth);
  }
  stream(options.slowMebibytes, SLOW_PAUSE_MS, slow, slowGrowth);
  return {messages, fast, slow, fastGrowth, slowGrowth};
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("channels: items, bytes, and the memory of the broker");
  app.add_option("--out", options.out, "where the JSON goes");
  app.add_option("--messages", options.messages, "small items")->check(CLI::Range(1, 1'000'000));
  app.add_option("--mebibytes", options.mebibytes, "read at once")->check(CLI::Range(1, 4096));
  app.add_option("--slow-mebibytes", options.slowMebibytes, "read slowly")
      ->check(CLI::Range(1, 4096));
  app.add_option("--rounds", options.rounds, "repetitions")->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  return publish(measure(options), options.out);
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main(argc, argv); }
