@0x9c4e7a12f8b06d35;
# CLI -> broker over the admin socket: a Unix socket in a 0700 directory, peer uid checked, one user.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");
using import "fd.capnp".Fd;

const maxAdminConnections :UInt32 = 8;

interface Admin {
  # Bootstrap object of the admin socket.

  status @0 () -> (json :Text);
  # {version, app, uptimeSeconds, windows: [...], processes: [{kind, window?, pid, state}], vault: {...}} without secrets.

  doctor @1 () -> (checks :List(Check));
  # Every assertion of every cage with the value that was read from outside.

  activate @2 () -> ();
  # A second start of the same app: brings the windows to the front.

  shutdown @3 () -> ();
  # The ordered shutdown; returns when it began.

  showSeed @4 (walletId :Text, terminal :Fd) -> (failure :Text);
  # terminal is the vault's end of a socketpair on which the CLI serves Prompt; the broker passes it on unread.
  # failure: empty, or the name of a vault Failure.

  restoreSeed @5 (name :Text, network :Text, terminal :Fd) -> (walletId :Text, failure :Text);
  # network: "mainnet", "testnet4", "signet" or "regtest".

  wallets @6 () -> (wallets :List(WalletLine), failure :Text);

  renderers @7 () -> (renderers :List(Renderer));
  # For tests and doctor: which host pid belongs to which window.

  capabilityReload @8 () -> (wrong :Text);
  # Reads the app's capabilities and the admin's policy again. wrong: empty when they hold now; otherwise a line for
  # each mistake with file, line and column, and the former policy still holds.

  capabilityRevoke @9 (window :Text, permission :Text) -> (wrong :Text);
  # From the window's next call on, until the broker ends, whatever is reloaded. wrong: empty, or why nothing changed.

  capabilityExplain @10 (window :Text, command :Text) -> (allowed :Bool, text :Text, wrong :Text);
  capabilityList @11 (window :Text) -> (text :Text, wrong :Text);
  # From the tables that decide now. window: empty for all of them.
}

struct Check {
  subject @0 :Text;                            # "renderer main", "vault", "host"
  name @1 :Text;                               # "NoNewPrivs", "Seccomp filters", …
  value @2 :Text;
  state @3 :State;
  enum State { ok @0; degraded @1; failed @2; }
}

struct WalletLine { id @0 :Text; name @1 :Text; network @2 :Text; backedUp @3 :Bool; }

struct Renderer { window @0 :Text; pid @1 :Int32; restarts @2 :UInt32; }
