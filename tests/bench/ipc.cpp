// `./dev bench ipc`: what a page's invoke costs beside its parts, in one run, rounds interleaved so
// that all of them see the same machine. Prints a table and writes JSON (design, section 13).
#include <capnp/rpc-twoparty.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/baselines.h"
#include "tests/bench/report.h"
#include "tests/bench/window.h"

namespace sallyport::bench {
namespace {

struct Options {
  std::string out = "build/bench/ipc.json";
  int rounds = 150;
  int callsInRound = 40;
  int inFlight = 10'000;
  int floods = 7;
  int warmUp = 300;
};

// A single call is two messages, and the guard lets 2,000 a second through and 20,000 calls in
// batches: more would measure the guard's patience.
constexpr auto ROUND_PERIOD = 80 * kj::MILLISECONDS;
constexpr auto FLOOD_PERIOD = 800 * kj::MILLISECONDS;

void append(Series& series, const std::vector<double>& samples) {
  series.samples.insert(series.samples.end(), samples.begin(), samples.end());
}

std::vector<Series> measure(const Options& options) {
  ForkedPeer capnpPeer(&serveCapnp);
  ForkedPeer rawPeer(&serveRaw);
  auto io = kj::setupAsyncIo();
  auto stream = io.lowLevelProvider->wrapSocketFd(kj::mv(capnpPeer.socket));
  capnp::TwoPartyClient rpc(*stream);
  auto peer = rpc.bootstrap().castAs<proto::Session>();
  ChannelEcho channel;
  auto bare = bareSession(io);
  auto real = realSession(io);

  Series invoke{"invoke", "us", {}, {"raw-way", "qwebchannel", "capnp"}};
  Series bareInvoke{"invoke-bare-session", "us", {}, {"raw-way", "qwebchannel", "capnp"}};
  Series rawWay{"raw-way", "us", {}, {"qwebchannel"}};
  Series webChannel{"qwebchannel", "us", {}, {}};
  Series capnpCall{"capnp", "us", {}, {"raw-socketpair"}};
  Series raw{"raw-socketpair", "us", {}, {}};
  channel.serial(options.warmUp);
  channel.serial(options.warmUp, ChannelEcho::Way::RAW);
  bare->serial(options.warmUp);
  real->serial(options.warmUp);
  for (int round = 0; round < options.rounds; ++round) {
    auto pause = io.provider->getTimer().afterDelay(ROUND_PERIOD);
    append(invoke, real->serial(options.callsInRound));
    append(webChannel, channel.serial(options.callsInRound));
    append(rawWay, channel.serial(options.callsInRound, ChannelEcho::Way::RAW));
    append(capnpCall, serialCapnp(io, peer, options.callsInRound));
    append(raw, serialRaw(rawPeer.socket.get(), options.callsInRound));
    append(bareInvoke, bare->serial(options.callsInRound));
    pause.wait(io.waitScope);
  }

  const auto suffix = "-" + std::to_string(options.inFlight) + "-in-flight";
  Series bareFlood{"invoke-bare-session" + suffix, "ms", {}, {"qwebchannel" + suffix}};
  Series channelFlood{"qwebchannel" + suffix, "ms", {}, {}};
  Series rawFlood{"raw-way" + suffix, "ms", {}, {"qwebchannel" + suffix}};
  Series realFlood{"invoke" + suffix, "ms", {}, {"qwebchannel" + suffix, "raw-way" + suffix}};
  for (int i = 0; i < options.floods; ++i) {
    auto pause = io.provider->getTimer().afterDelay(FLOOD_PERIOD);
    channelFlood.samples.push_back(channel.flood(options.inFlight));
    realFlood.samples.push_back(real->flood(options.inFlight));
    rawFlood.samples.push_back(channel.flood(options.inFlight, ChannelEcho::Way::RAW));
    bareFlood.samples.push_back(bare->flood(options.inFlight));
    pause.wait(io.waitScope);
  }
  stream->shutdownWrite();
  return {invoke,
          bareInvoke,
          rawWay,
          webChannel,
          capnpCall,
          raw,
          realFlood,
          bareFlood,
          rawFlood,
          channelFlood};
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("round trips of a page's invoke, and of its parts");
  app.add_option("--out", options.out, "where the JSON goes");
  app.add_option("--rounds", options.rounds, "interleaved rounds")->check(CLI::Range(1, 10'000));
  app.add_option("--in-flight", options.inFlight, "calls at once")->check(CLI::Range(1, 20'000));
  app.add_option("--floods", options.floods, "repetitions of the calls at once")
      ->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  const int code = publish(measure(options), options.out);
  std::printf(
      "\n\"invoke\" is the shipped session with guard, policy and typed handler; \"bare\" has no "
      "limits and no\ndispatcher; \"raw-way\" is the channel, a socketpair echo and a signal.\n");
  return code;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main(argc, argv); }
