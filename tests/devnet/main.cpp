// sallyport-devnet: a regtest node for demo and tests. Prints its port on one line when it is
// ready; ends on SIGTERM or SIGINT.
#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "tests/devnet/server.h"

namespace {

// Written beside and renamed, so that who waits for the file never reads half of it.
void writePortFile(const std::filesystem::path& path, unsigned port) {
  auto beside = path;
  beside += ".new";
  std::ofstream(beside) << port << '\n';
  std::filesystem::rename(beside, path);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "A regtest Bitcoin node on loopback: Esplora REST, and /regtest/{mine,faucet,reorg}");
  unsigned port = 0;
  unsigned mineEvery = 0;
  std::filesystem::path portFile;
  sallyport::devnet::NodeOptions options;
  app.add_option("--port", port, "TCP port on 127.0.0.1; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  app.add_option("--port-file", portFile, "where to write the port when ready");
  app.add_option("--mine-every", mineEvery, "seconds between blocks; 0: only on request")
      ->check(CLI::Range(0, 86400));
  app.add_option("--state", options.stateFile, "file that keeps the blocks over restarts");
  app.add_option("--premine", options.premine, "blocks mined on an empty chain")
      ->check(CLI::Range(0, 1000));
  CLI11_PARSE(app, argc, argv);

  kj::UnixEventPort::captureSignal(SIGTERM);
  kj::UnixEventPort::captureSignal(SIGINT);
  signal(SIGPIPE, SIG_IGN);
  try {
    sallyport::devnet::Node node(options);
    auto io = kj::setupAsyncIo();
    sallyport::devnet::Server server(node, io.provider->getTimer());
    auto serving = server.listen(io.provider->getNetwork(), port, [&](unsigned bound) {
      if (!portFile.empty()) writePortFile(portFile, bound);
      std::printf("%u\n", bound);
      std::fflush(stdout);
    });
    if (mineEvery > 0) serving = serving.exclusiveJoin(server.mineEvery(mineEvery * kj::SECONDS));
    auto end = io.unixEventPort.onSignal(SIGTERM).exclusiveJoin(io.unixEventPort.onSignal(SIGINT));
    serving.exclusiveJoin(end.ignoreResult()).wait(io.waitScope);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport-devnet: %s\n", error.what());
    return 1;
  } catch (const kj::Exception& error) {
    std::fprintf(stderr, "sallyport-devnet: %s\n", error.getDescription().cStr());
    return 1;
  }
  return 0;
}
