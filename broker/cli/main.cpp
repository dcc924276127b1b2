// sallyport: the user's hands on a running broker.
#include <kj/exception.h>

#include <CLI/CLI.hpp>

#include "broker/cli/capability-commands.h"
#include "broker/cli/commands.h"
#include "broker/cli/terminal.h"
#include "broker/daemon/places.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  std::string app = "wallet";
  std::filesystem::path runtime;
  CLI::App cli("Asks and steers a running Sallyport broker.", "sallyport");
  cli.require_subcommand(1);
  cli.fallthrough();
  cli.add_option("--app", app, "Name of the app")->capture_default_str();
  cli.add_option("--runtime",
                 runtime,
                 "The broker's runtime folder (default: $XDG_RUNTIME_DIR/sallyport/<app>)");

  bool asJson = false;
  auto* status = cli.add_subcommand("status", "What runs, since when, in which state");
  status->add_flag("--json", asJson, "As JSON");
  auto* doctor = cli.add_subcommand("doctor", "Every assertion of every cage, with its value");
  auto* shutdown = cli.add_subcommand("shutdown", "Ends the app in order");
  auto* wallet = cli.add_subcommand("wallet", "Wallets and their seeds")->require_subcommand(1);
  auto* list = wallet->add_subcommand("list", "The wallets of an unlocked vault");
  auto* seed = wallet->add_subcommand("seed", "Show or restore a seed on this terminal")
                   ->require_subcommand(1);
  std::string walletId, name, network = "regtest";
  auto* show = seed->add_subcommand("show", "Shows a seed and asks three words back");
  show->add_option("wallet", walletId, "Id of the wallet")->required();
  auto* restore = seed->add_subcommand("restore", "Makes a wallet from words that are typed here");
  restore->add_option("name", name, "Name of the new wallet")->required();
  restore->add_option("--network", network, "Its network")
      ->check(CLI::IsMember({"mainnet", "testnet4", "signet", "regtest"}))
      ->capture_default_str();
  cli::CapabilityCommands capability(cli);
  CLI11_PARSE(cli, argc, argv);

  if (runtime.empty()) runtime = daemon::defaultRuntimeDirectory(app);
  if (runtime.empty() && !capability.parsed()) {
    std::cerr << "sallyport: XDG_RUNTIME_DIR is not set. Fix: name the broker's folder with "
                 "--runtime DIR\n";
    return 2;
  }
  try {
    if (capability.parsed()) return capability.run(app, runtime);
    auto io = kj::setupAsyncIo();
    daemon::AdminLink link(io, daemon::adminSocket(runtime));
    if (status->parsed()) return cli::status(io, link, asJson);
    if (doctor->parsed()) return cli::doctor(io, link);
    if (shutdown->parsed()) return cli::shutdown(io, link);
    if (list->parsed()) return cli::listWallets(io, link);
    if (show->parsed()) return cli::showSeed(io, link, walletId);
    if (restore->parsed()) return cli::restoreSeed(io, link, name, network);
  } catch (const std::runtime_error& error) {
    std::cerr << "sallyport: " << error.what() << '\n';
    return 2;
  } catch (const kj::Exception&) {
    std::cerr << "sallyport: the broker ended before it answered\n";
    return 2;
  }
  return 2;
}
