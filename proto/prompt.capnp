@0xe94b07d2c5a8f163;
# Vault -> prompt: what only the user may see or type. The broker holds no end of this connection.
# The same interface is served by the CLI on a TTY for `sallyport wallet seed …`.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");

const maxPassphraseBytes :UInt32 = 1024;       # UTF-8, the bytes as typed
const minPassphraseCharacters :UInt32 = 8;
const armDelayMs :UInt32 = 800;                # an approving button accepts nothing before that, after each focus change
const maxOpenDialogs :UInt32 = 1;            # the prompt answers busy to a second question

interface Prompt {
  # Served by the prompt (or CLI), called by the vault. Bootstrap object of the vault's link.
  # Each method shows one dialog and answers when the user did. Dropping the promise closes the dialog.

  askPassphrase @0 (reason :Text, wrongBefore :Bool) -> (answer :Secret);
  # The existing passphrase. reason is a fixed sentence of the vault's.

  choosePassphrase @1 (reason :Text) -> (answer :Secret);
  # A new passphrase, typed twice; the dialog enforces minPassphraseCharacters and equality, the vault checks again.

  showSeed @2 (walletName :Text, words :List(Text)) -> (answer :Answer);
  # Shows the words once, for writing down. accepted: the user says they are written.

  askWords @3 (walletName :Text, positions :List(UInt8)) -> (answer :Words);
  # Asks the words at these 1-based positions back.

  enterSeed @4 (walletName :Text) -> (answer :Words);
  # 12 or 24 words typed by the user; the vault checks the checksum.

  confirmTransaction @5 (summary :TransactionSummary) -> (answer :Answer);
  # The vault's own reading of exactly the bytes that it will sign.

  notify @6 (title :Text, text :Text) -> ();
  # One information dialog; returns when it was dismissed.
}

struct Answer { union { accepted @0 :Void; declined @1 :Void; busy @2 :Void; } }
struct Secret { union { text @0 :Data; declined @1 :Void; busy @2 :Void; } }
struct Words { union { words @0 :List(Text); declined @1 :Void; busy @2 :Void; } }

struct TransactionSummary {
  walletName @0 :Text;
  network @1 :Text;                            # "mainnet", "testnet4", "signet", "regtest"
  payments @2 :List(Payment);                  # outputs that are not change
  changeSat @3 :UInt64;                        # sum of outputs proven to be ours
  feeSat @4 :UInt64;
  feeRateMilliSatPerVbyte @5 :UInt64;
  inputSat @6 :UInt64;
  inputs @7 :UInt32;
  typeFee @8 :Bool;                            # the fee is over a quarter of the payments: accepted only once the user typed it
}

struct Payment { address @0 :Text; amountSat @1 :UInt64; own @2 :Bool; }   # own: an address of this wallet
