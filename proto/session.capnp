@0xb1f0c2a4d6e81357;
# THE HOSTILE BOUNDARY. Everything a renderer can say to the broker, and the broker to a renderer.
# Carried on the one socketpair that the broker made for this window; that socket is the identity.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");

# Limits, enforced by broker/session/guard before a message is given to the RPC system.
const protocolVersion :UInt32 = 1;
const maxTraversalWords :UInt64 = 131072;      # words of one message that may be read
const maxNesting :UInt32 = 16;                 # pointer depth
const maxSegments :UInt32 = 8;                 # segments of one message
const maxMessageBytes :UInt32 = 1048576;       # one inbound message
const maxOpenQuestions :UInt32 = 256;          # calls of the renderer without our Return
const maxUnfinishedResultBytes :UInt32 = 4194304;  # results returned and not yet Finished
const maxRendererCapabilities :UInt32 = 64;    # live capabilities hosted by the renderer
const maxCapabilitiesPerMessage :UInt32 = 8;
const maxTransformSteps :UInt32 = 4;           # pipelined promise transforms
const messagesPerSecond :UInt32 = 2000;        # token bucket; burst is one second's worth
const bytesPerSecond :UInt32 = 8388608;
const throttledTooLongMs :UInt32 = 30000;      # throttled without a pause for so long: end
const halfMessageMs :UInt32 = 5000;            # first byte to last byte of one message
const unreadReplyMs :UInt32 = 5000;            # age of the oldest unwritten reply
const maxUnreadReplyBytes :UInt32 = 4194304;   # replies queued for a renderer that does not read

# Many calls at once, enforced by broker/session/{guard,call-batches,dispatcher}.
const maxCallsPerBatch :UInt32 = 256;          # calls of one invokeMany
const maxOpenCalls :UInt32 = 1024;             # calls of invokeMany without their outcome; over it: rate-limited
const maxStartedCalls :UInt32 = 128;           # of those, with a running handler; the others wait for their turn
const maxWaitingCallBytes :UInt32 = 4194304;   # names and arguments of those that wait; over it: rate-limited
const callsPerSecond :UInt32 = 20000;          # token bucket of calls by either way; burst is one second's worth

# Channels, enforced by broker/session/channels.
const maxChannels :UInt32 = 16;                # open at once; over it: rate-limited
const channelWindowBytes :UInt32 = 131072;     # items made and not yet asked for; no more are made meanwhile
const channelWindowItems :UInt32 = 1024;
const maxChannelItemBytes :UInt32 = 262144;    # JSON text of one item; a larger one ends its channel

# Large bytes, enforced by broker/session/{uploads,downloads,dispatcher}.
const pieceBytes :UInt32 = 524288;             # of one read, either way
const maxUploadsPerCall :UInt32 = 16;          # more: too-large
const maxTransferBytes :UInt64 = 268435456;    # uploads of one call together, or one download; over it: too-large
const maxOpenUploads :UInt32 = 32;             # whose call or command may still read them; over it: rate-limited
const maxOpenDownloads :UInt32 = 32;           # not read to their end; over it: rate-limited
const transferIdleMs :UInt32 = 30000;          # an upload not answered, a download not read for so long is dropped

# Limits of the methods below, enforced by WindowSession and the dispatcher.
const maxCommandNameBytes :UInt32 = 64;
const maxArgumentBytes :UInt32 = 524288;       # JSON text of one call
const maxResultBytes :UInt32 = 1048576;        # JSON text of one answer
const maxAssetPathBytes :UInt32 = 512;
const assetChunkBytes :UInt32 = 262144;        # one asset reply
const maxLogTextBytes :UInt32 = 1024;          # longer is cut
const logLinesPerMinute :UInt32 = 120;         # then one summary line
const maxPageStateBytes :UInt32 = 65536;       # state.save
const maxAddressBytes :UInt32 = 4096;          # of navigate
const maxHostNameBytes :UInt32 = 255;          # of connect; an IPv6 address is in brackets
const maxConnectionsOfPage :UInt32 = 32;       # open or being made; over it: end
const maxConnectionBytes :UInt32 = 65536;      # of one send or receive; over it: end
const maxListening :UInt32 = 64;               # events that one window listens to
const maxEventPayloadBytes :UInt32 = 65536;    # JSON text of one event
const maxQueuedEvents :UInt32 = 256;           # waiting for one window; past it the oldest go and are counted
const maxQueuedEventBytes :UInt32 = 524288;

interface Session {
  # Served by the broker, called by the renderer. Bootstrap object of the connection, one a window.
  # Dropping it has no effect; closing the socket ends the session.

  attach @0 (control :RendererControl, protocol :UInt32, engine :Text) -> (start :Start);
  # Once, first. Answers only after the cage was verified from outside. A second attach, a wrong
  # protocol version or a null control ends the session. engine: version text for doctor, at most 128 bytes.

  invoke @1 (call :Call) -> (outcome :Outcome);
  # One command. A refusal is an Outcome.failure and costs the session nothing. Before attach: ends the session.
  # Dropping the returned promise cancels a command that says it may be cancelled.

  asset @2 (path :Text, offset :UInt64) -> (asset :Asset);
  # One piece (assetChunkBytes) of a file of the app, by its absolute URL path ("/index.html").
  # Anything that is not in the app's list of files is notFound; the file system is not asked.

  log @3 (level :LogLevel, text :Text) -> ();
  # A console line of the page or the engine. Cut, escaped and rate-limited; never fails.

  invokeMany @4 (calls :List(Call)) -> (outcomes :List(Settlement));
  # What one microtask of a page collected: 1 to maxCallsPerBatch calls, started in order. Call.id must be larger
  # than in every earlier call of this method; outcomes and cancel name a call by it. Returns at once with what has
  # settled by then, in the order of settling and also of earlier batches; every other outcome follows by
  # RendererControl.settle. Each call settles once. Dropping the returned promise cancels nothing.

  cancel @5 (ids :List(UInt64)) -> ();
  # Calls of invokeMany that nobody waits for any more, at most maxOpenCalls: stops what may be stopped. No outcome
  # follows unless one is on its way. An id that is not open is no fault: it may just have settled.

  navigate @6 (url :Text) -> ();
  # The main frame wants to leave the session's origin class; it has not gone. Where the broker lets the window go
  # there, this session has no right from that moment on and ends, and another process shows the page; else nothing
  # happens. To the app the way always leads to its start page, so that a remote page does not choose what it shows.

  connect @7 (connection :UInt32, host :Text, port :UInt16) -> (connected :Bool);
  # A TCP connection to a host of this session's remote origin, made by net; false for every other host, and always
  # for the app's own class. connection: the renderer's own number, free again after false and after disconnect.

  send @8 (connection :UInt32, bytes :Data) -> ();
  # One at a time for each connection; returns when the bytes are taken, or the connection is closed.

  receive @9 (connection :UInt32) -> (bytes :Data);
  # What has come, once there is something; empty at the end. One at a time for each connection.

  disconnect @10 (connection :UInt32) -> ();

  open @11 (call :Call, channel :UInt64) -> (outcome :Outcome);
  # As invoke, of a command that answers with a channel; the value is null. channel: the renderer's own number for
  # it, larger than in every earlier call of this method, and never used again. A failure leaves no channel. Dropping
  # the returned promise cancels the opening; close is needed all the same, as the channel may be open already.

  next @12 (channel :UInt64) -> (items :Items);
  # What has come, in order and at least one item or the end; waits for it. Nothing is made while a window's worth
  # (channelWindowBytes, channelWindowItems) waits here, so who asks slowly is served slowly. One at a time for each
  # channel. A channel that is closed has ended as cancelled; a number that was never given ends the session.

  close @13 (channels :List(UInt64)) -> ();
  # Nobody reads these any more, at most maxChannels: their sources are dropped, what was made is gone, and a next
  # that waits ends as cancelled. A number that is not open is no fault: it may just have ended.

  listen @14 (names :List(Text), fresh :Bool, ready :Bool) -> (refused :List(ListenRefusal));
  # All that the page listens to from now on, instead of what it named before; each is decided like a call. More than
  # maxListening names end the session. A name that is new is told the last value of a sticky event.
  # fresh: a new document, which listens to nothing so far. ready: the document has its first listeners, so that what
  # waits for others is dropped; until then events of any name that is granted wait, also over a restart.

  read @15 (download :UInt64) -> (piece :Piece);
  # The next piece of a download that an outcome named, at most pieceBytes. One at a time for each. A number that was
  # never given ends the session; one that is over or was dropped fails as cancelled.

  discard @16 (downloads :List(UInt64)) -> ();
  # Nobody reads these any more, at most maxOpenDownloads. A number that is not open is no fault.
}

interface RendererControl {
  # Served by the renderer, called by the broker, every call with a deadline.
  load @0 (url :Text) -> ();                   # navigate the main frame inside the session's origin class
  close @1 () -> ();                           # unload the page and exit
  ping @2 () -> ();                            # heartbeat, answered by the Qt event loop
  deliver @3 (events :List(Event), dropped :List(Dropped)) -> ();
  # In order; the next deliver waits for this one's return. dropped: what did not fit into the queue since the last one.
  settle @4 (outcomes :List(Settlement)) -> ();  # of invokeMany; the next settle waits for this one's return
  read @5 (upload :UInt64) -> (bytes :Data);
  # The next piece of an upload that a call named: 1 to pieceBytes bytes, and never more than were announced; that ends
  # the session. Empty: the page took it back. One at a time for each; more than transferIdleMs counts as empty.
}

struct Start {
  window @0 :Text;                             # the window's own label, for errors and logs only
  url @1 :Text;                                # what to load first: "app://<app>/…", or "https://…" of a remote origin
  title @2 :Text;
  pageState @3 :Text;                          # what the page saved before a crash, or empty
  contentSecurityPolicy @4 :Text;              # header value for every document of the app; {nonce} is filled in by the broker; empty for a remote origin
  hosts @5 :List(Host);                        # of a remote origin; none: the app's own class
  authorities @6 :List(Text);                  # certificates (PEM) that this remote origin trusts beside the engine's
}

struct Host {
  # Whose pages are of the session's origin class. For the renderer's own look-out: the broker looks at each connect.
  name @0 :Text;                               # lower case
  port @1 :UInt16;
  subdomains @2 :Subdomains;                   # one label more, or one or more; then not the name itself
}

enum Subdomains { none @0; one @1; any @2; }

struct Call {
  command @0 :Text;                            # at most maxCommandNameBytes
  arguments @1 :Text;                          # a JSON object, at most maxArgumentBytes
  id @2 :UInt64;                               # the page's own number, echoed in a failure; a key for invokeMany only, within this session
  uploads @3 :List(Upload);                    # large bytes of the arguments, at most maxUploadsPerCall: a field names one by its place here
}

struct Upload {
  number @0 :UInt64;                           # the renderer's own, larger than in every earlier call of this session
  bytes @1 :UInt64;                            # all of it; none is sent before the broker reads it
}

struct Download {
  number @0 :UInt64;                           # the broker's own, never used again
  bytes @1 :UInt64;
}

struct Piece {
  union {
    bytes @0 :Data;                            # empty: that was all
    failed @1 :CallFailure;                    # and the download is over; "denied": the grant is gone
  }
}

struct Outcome {
  union {
    value @0 :Text;                            # JSON
    failure @1 :CallFailure;
  }
  downloads @2 :List(Download);                # large bytes of the value: a field names one by its place here
}

struct Settlement {
  id @0 :UInt64;                               # Call.id
  outcome @1 :Outcome;
}

struct Items {
  items @0 :List(Text);                        # JSON, at most a window's worth and one item
  union {
    more @1 :Void;                             # ask again
    ended @2 :Void;                            # these were the last
    failed @3 :CallFailure;                    # so were these, and this is why; "denied": the grant is gone
  }
}

struct CallFailure {
  code @0 :Text;                               # stable, listed in broker/commands/error.h
  message @1 :Text;                            # a fixed sentence, or a validation message about the caller's own input
  command @2 :Text;                            # as registered; empty when unknown
  window @3 :Text;
  id @4 :UInt64;                               # Call.id
  incident @5 :Text;                           # id of the journal entry for code "internal"; else empty
}

struct Asset {
  union {
    notFound @0 :Void;
    found :group {
      mime @1 :Text;
      body @2 :Data;                           # bytes from offset, at most assetChunkBytes
      totalBytes @3 :UInt64;
      headers @4 :List(Header);                # response headers to set, such as Content-Security-Policy
    }
  }
}

struct Header { name @0 :Text; value @1 :Text; }

struct Event { name @0 :Text; payload @1 :Text; }   # payload is JSON

struct Dropped { name @0 :Text; count @1 :UInt32; }

struct ListenRefusal {
  index @0 :UInt16;                            # of the name
  code @1 :Text;                               # "denied" or "unknown-event"
  message @2 :Text;
}

enum LogLevel { debug @0; info @1; warning @2; error @3; }
