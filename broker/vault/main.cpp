// sallyport-vault --state DIR: descriptor 3 is the broker, nothing else is inherited but stdio.
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "broker/vault/vault-session.h"
#include "sandbox-policies/self-cage.h"

namespace {

using namespace sallyport;

constexpr int BROKER_FD = 3;
constexpr unsigned MAX_FDS_PER_MESSAGE = 1;

struct Options {
  std::string state;
  vault::KdfPolicy kdf;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--state" && i + 1 < argc) {
      options.state = argv[++i];
#ifdef SALLYPORT_TESTING
    } else if (argument == "--test-fast-kdf") {
      options.kdf = {1, 64 << 10, std::chrono::milliseconds(0)};
#endif
    } else {
      return std::nullopt;
    }
  }
  if (options.state.empty()) return std::nullopt;
  return options;
}

void serve(const Options& options) {
  vault::StateDir dir(options.state);  // makes the folder, which the cage wants to see
  for (const auto& check : sandbox::enterVaultCage(options.state)) {
    if (check.state == sandbox::CheckState::DEGRADED) {
      std::fprintf(
          stderr, "sallyport-vault: cage: %s: %s\n", check.name.c_str(), check.value.c_str());
    }
  }
  vault::initCrypto();
  const vault::SystemClock clock;
  vault::Lockbox lockbox(dir, clock, options.kdf);

  auto io = kj::setupAsyncIo();
  vault::Ceremonies ceremonies(lockbox, clock, io.provider->getTimer());
  auto stream = io.lowLevelProvider->wrapUnixSocketFd(kj::AutoCloseFd(BROKER_FD));
  capnp::TwoPartyVatNetwork network(
      *stream, MAX_FDS_PER_MESSAGE, capnp::rpc::twoparty::Side::SERVER);
  auto rpc = capnp::makeRpcServer(
      network, kj::heap<vault::VaultSession>(lockbox, ceremonies, *io.lowLevelProvider));
  network.onDisconnect().wait(io.waitScope);
  ceremonies.lock();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    sandbox::hardenProcess();
    sandbox::requireDescriptors(1);
    // Freed memory above the allocator's thread cache is overwritten: messages that carried words
    // end there (prompt-link.cpp).
    mallopt(M_PERTURB, 0xA5);
    const auto options = parse(argc, argv);
    if (!options) {
      std::fputs("usage: sallyport-vault --state DIR\n", stderr);
      return 2;
    }
    serve(*options);
    return 0;
  } catch (const kj::Exception& exception) {
    std::fprintf(stderr, "sallyport-vault: %s\n", exception.getDescription().cStr());
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "sallyport-vault: %s\n", exception.what());
  }
  return 1;
}
