@0xc7e21f90ab34d856;
# Broker -> net. The network parser: gets one request, gives bytes back, believes nothing, keeps nothing.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");

const maxUrlBytes :UInt32 = 4096;
const maxRequestBodyBytes :UInt32 = 4194304;
const maxResponseBodyBytes :UInt32 = 8388608;  # absolute cap; a request may ask for less
const maxResponseHeaders :UInt32 = 64;
const maxRequestsInFlight :UInt32 = 16;        # further requests wait in order

interface Net {
  # Served by net, called by the broker only. Bootstrap object.
  http @0 (request :HttpRequest) -> (outcome :HttpOutcome);
  # One request, no redirects, no cookies, no proxy from the environment. Dropping the promise ends the transfer.
  ping @1 () -> ();
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
