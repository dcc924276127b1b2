@0xa58d3e1f7b92c604;
# Broker -> vault. Dropping a call that asks the user takes the question back. No method takes or returns a key, a seed or a passphrase: those go between vault and prompt.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");
using import "fd.capnp".Fd;

const maxPsbtBytes :UInt32 = 524288;
const maxWallets :UInt32 = 64;
const maxWalletNameBytes :UInt32 = 64;
const maxRecordKeyBytes :UInt32 = 128;
const maxRecordValueBytes :UInt32 = 65536;
const maxRecords :UInt32 = 100000;
const maxAppSpaceBytes :UInt32 = 128;
const maxAppRecords :UInt32 = 1000;            # of one space
const maxAppRecordBytes :UInt32 = 4194304;     # of one space, keys and values
const defaultUnlockSeconds :UInt32 = 600;      # idle time to auto-lock

interface Vault {
  # Served by the vault, called by the broker only. Bootstrap object.

  attachPrompt @0 (link :Fd) -> ();
  # The vault's end of the socketpair to the (new) prompt process; replaces the old one, whose open question is declined.

  status @1 () -> (status :Status);
  ping @2 () -> ();

  setPassphrase @3 () -> (result :Result);
  # First time: asks for a new one and creates the database. Later: asks the old one, then the new one, rewraps. Leaves the vault unlocked.

  unlock @4 (idleSeconds :UInt32) -> (result :Result);
  # Asks the passphrase through the prompt. 0 means defaultUnlockSeconds. Already unlocked: ok, and the idle time can only
  # get shorter by it, because a page can call this as often as it likes and the user was not asked.

  lock @5 () -> ();
  # Wipes every key in memory and closes the database. Always succeeds.

  createWallet @6 (name :Text, network :Network, scriptType :ScriptType, words :UInt8) -> (result :WalletResult);
  # words: 12 or 24. Entropy from getrandom. Makes a passphrase first if there is none. The wallet is stored before the
  # seed is shown; "backedUp" becomes true when three words were asked back and right. A backup that was declined or
  # wrong still answers the wallet, with backedUp false: it exists.

  wallets @7 () -> (wallets :List(Wallet), locked :Bool);
  # What the vault knows; empty while locked.

  sign @8 (walletId :Text, psbt :Data) -> (result :SignResult);
  # Parses the PSBT, checks it, asks the user for exactly these bytes through the prompt, signs, finalises and verifies.
  # Locked: asks the passphrase first.

  getRecords @9 (walletId :Text, prefix :Text, after :Text, limit :UInt16) -> (records :List(Record), failure :Failure);
  # Encrypted key-value rows of one wallet in key order: the broker's labels, address indexes, known transactions.
  # limit 0 means 1000. A reply ends early at 4 MiB, so page with `after` until it comes back empty.

  putRecords @10 (walletId :Text, records :List(Record)) -> (result :Result);
  # All or none, durable when it returns. An empty value deletes.

  showSeed @11 (walletId :Text, terminal :Fd) -> (result :Result);
  # terminal speaks Prompt (the CLI on a TTY). Asks the passphrase there even when unlocked, shows the seed there, asks
  # three words back and marks the wallet backed up.

  restoreSeed @12 (name :Text, network :Network, scriptType :ScriptType, terminal :Fd) -> (result :WalletResult);
  # Words and passphrase are typed at terminal; a null terminal means the prompt process. A seed that is there already
  # for this network answers its wallet.

  getAppRecords @13 (space :Text, prefix :Text, after :Text, limit :UInt16, keysOnly :Bool) -> (records :List(Record), failure :Failure);
  # Encrypted rows of an app's pages, in key order; limit and size as in getRecords. A space is a name that the broker
  # gives: one window's rows, or those that windows share. An unknown one is empty. keysOnly: values are null.

  putAppRecords @14 (space :Text, records :List(Record)) -> (result :Result);
  # All or none, durable when it returns. An empty value deletes.
}

enum Network { mainnet @0; testnet4 @1; signet @2; regtest @3; }
enum ScriptType { p2wpkh @0; p2tr @1; }

enum Failure {
  none @0;
  locked @1;                                   # needs unlock first
  declined @2;                                 # the user said no or closed the prompt
  noPrompt @3;                                 # no prompt process attached, or it died
  busy @4;                                     # another question is open
  wrongPassphrase @5;
  backoff @6;                                  # too many attempts: see Status.retryAfterSeconds
  notInitialized @7;                           # no passphrase was ever set
  noSuchWallet @8;
  invalidName @9;
  limit @10;                                   # maxWallets, maxRecords or a size above; a passphrase too short or long
  notSupported @11;                            # script type or network not offered yet
  malformed @12;                               # not a PSBT, or not one of ours to sign; see SignResult.refusal
  wordsWrong @13;                              # the words asked back did not match; wallet stays "not backed up"
  invalidMnemonic @14;
  storage @15;                                 # disk; nothing was changed
}

struct Result { failure @0 :Failure; }         # none means done

struct Status {
  initialized @0 :Bool;
  locked @1 :Bool;
  failedAttempts @2 :UInt32;
  retryAfterSeconds @3 :UInt32;
  promptAttached @4 :Bool;
  secretMemory @5 :Text;                       # "memfd_secret" or "mlock", for doctor
}

struct Wallet {
  id @0 :Text;                                 # 16 lower-case hex digits, random
  name @1 :Text;
  network @2 :Network;
  scriptType @3 :ScriptType;
  masterFingerprint @4 :Data;                  # 4 bytes
  accountPath @5 :Text;                        # "m/84'/1'/0'"
  accountXpub @6 :Text;                        # base58check with the network's BIP32 version (xpub or tpub)
  backedUp @7 :Bool;
  createdAt @8 :UInt64;                        # unix seconds
}

struct WalletResult { union { wallet @0 :Wallet; failure @1 :Failure; } }

struct SignResult {
  union {
    signed :group {
      psbt @0 :Data;                           # finalised
      transaction @1 :Data;                    # network form
    }
    failure @2 :Failure;
    refusal @3 :SignRefusal;
  }
}

enum SignRefusal {
  foreignInput @0;                             # an input's script does not derive from this wallet
  unknownSighash @1;                           # anything but ALL
  missingPreviousTransaction @2;               # segwit v0 input without non_witness_utxo
  previousTransactionMismatch @3;              # its txid, amount or script differ
  falseChange @4;                              # an output claims to be change and does not derive
  feeTooHigh @5;                               # over 0.01 BTC or over 2,000 sat/vB
  alreadySigned @6;
  notOurFormat @7;                             # version, script type or network
}

struct Record { key @0 :Text; value @1 :Data; }
