// `./dev bench bytes`: bytes to a page and from it, as one field of an answer and of a call, beside
// the items of a channel; what the broker grows by meanwhile. This process is the broker.
// Prints a table and writes JSON (design, section 13).
#include <kj/debug.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "broker/session/piece-memory.h"
#include "tests/bench/growth.h"
#include "tests/bench/report.h"
#include "tests/bench/window.h"

namespace sallyport::bench {
namespace {

struct Options {
  std::string out = "build/bench/bytes.json";
  int mebibytes = 100;
  int rounds = 3;
};

constexpr int PIECE_BYTES = 128 * 1024;  // one item of a channel, well below its limit as base64
constexpr int MEBIBYTE_BYTES = 1024 * 1024;

std::vector<Series> measure(const Options& options) {
  session::keepPieceMemory();
  auto io = kj::setupAsyncIo();
  auto window = realSession(io);
  window->pieces(4, PIECE_BYTES);
  window->down(4 * MEBIBYTE_BYTES);
  window->up(4 * MEBIBYTE_BYTES);
  Series pieces{"down-as-items", "MiB/s", {}, {}};
  Series down{"down", "MiB/s", {}, {pieces.name}};
  Series up{"up", "MiB/s", {}, {pieces.name}};
  Series downGrowth{"broker-grows-by-down", "MiB", {}, {}};
  Series upGrowth{"broker-grows-by-up", "MiB", {}, {}};
  const auto speed = [&](double ms) {
    KJ_REQUIRE(ms > 0, "not everything came");
    return options.mebibytes * 1000.0 / ms;
  };
  const int bytes = options.mebibytes * MEBIBYTE_BYTES;
  for (int round = 0; round < options.rounds; ++round) {
    pieces.samples.push_back(speed(window->pieces(bytes / PIECE_BYTES, PIECE_BYTES)));
    {
      Growth grows(io.provider->getTimer());
      down.samples.push_back(speed(window->down(bytes)));
      downGrowth.samples.push_back(grows.mebibytes());
    }
    Growth grows(io.provider->getTimer());
    up.samples.push_back(speed(window->up(bytes)));
    upGrowth.samples.push_back(grows.mebibytes());
  }
  return {pieces, down, up, downGrowth, upGrowth};
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("bytes: down, up, and the memory of the broker");
  app.add_option("--out", options.out, "where the JSON goes");
  app.add_option("--mebibytes", options.mebibytes, "each way")->check(CLI::Range(1, 256));
  app.add_option("--rounds", options.rounds, "repetitions")->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  return publish(measure(options), options.out);
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main(argc, argv); }
