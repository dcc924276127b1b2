@0xc7e21f90ab34d856;
# Broker -> net. The network parser: gets one request, gives bytes back, believes nothing, keeps nothing.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");
using import "fd.capnp".Fd;

const maxUrlBytes :UInt32 = 4096;
const maxRequestBodyBytes :UInt32 = 4194304;
const maxResponseBodyBytes :UInt32 = 8388608;  # absolute cap; a request may ask for less
const maxResponseHeaders :UInt32 = 64;
const maxRequestsInFlight :UInt32 = 16;        # further requests wait in order
const maxConnections :UInt32 = 128;            # of connect, open or being made
const maxConnectsUnderWay :UInt32 = 16;        # of those, looked up or being made
const connectMs :UInt32 = 10000;               # look-up and connection together
const maxHostBytes :UInt32 = 255;

interface Net {
  # Served by net, called by the broker only. Bootstrap object.
  http @0 (request :HttpRequest) -> (outcome :HttpOutcome);
  # One request, no redirects, no cookies, no proxy from the environment. Dropping the promise ends the transfer.
  ping @1 () -> ();

  connect @2 (host :Text, port :UInt16, addresses :AddressRange, socket :Fd) -> (outcome :ConnectOutcome);
  # A TCP connection for a page of a remote origin: a name, an IPv4 address, or an IPv6 address in brackets. The
  # address that is connected is the one that is looked at, so a name that answers differently each time gains
  # nothing. Its bytes are passed on in both ways between it and socket, unread, until either closes.
}

enum AddressRange {
  # Where the address may be, each with what comes before it. Never link-local, multicast, reserved.
  public @0;
  private @1;                                  # RFC 1918, RFC 6598, fc00::/7
  loopback @2;
}

enum ConnectOutcome {
  connected @0;
  refused @1;                                  # no host, or all of its addresses are out of range
  unreachable @2;
  tooMany @3;                                  # maxConnections or maxConnectsUnderWay
}

enum HttpMethod { get @0; post @1; put @2; patch @3; delete @4; head @5; }

struct HttpRequest {
  method @0 :HttpMethod;
  url @1 :Text;                                # http or https, no user info, no fragment
  headers @2 :List(HttpHeader);                    # names are tokens, values without CR, LF, NUL; else invalidRequest
  body @3 :Data;
  deadlineMs @4 :UInt32;                       # 0 means 30,000
  maxBytes @5 :UInt32;                         # 0 means maxResponseBodyBytes
  publicOnly @6 :Bool;                         # a name that leads to a private, local or reserved address is forbiddenAddress
}

struct HttpHeader { name @0 :Text; value @1 :Text; }

struct HttpOutcome {
  union {
    response :group {
      status @0 :UInt16;
      headers @1 :List(HttpHeader);                # names in lower case
      body @2 :Data;
    }
    failure @3 :NetFailure;
  }
}

enum NetFailure {
  invalidRequest @0;                           # the request broke a rule above
  unreachable @1;                              # name, connection or TLS handshake
  certificate @2;                              # TLS peer not trusted
  deadline @3;
  tooLarge @4;                                 # more than maxBytes
  protocol @5;                                 # not HTTP
  forbiddenAddress @6;                         # publicOnly, and the name leads into a private network or this machine
}
