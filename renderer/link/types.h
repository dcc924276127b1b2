// What crosses between the broker's session and the rest of the renderer, as plain values: only
// renderer/link includes the schema. Runs in the renderer, which is hostile by policy: nothing here
// is a security check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::renderer {

// The page's own number of a call; unique within one document, never authority.
using CallId = std::uint64_t;

struct Failure {
  std::string code;  // as in broker/commands/error.h, or "disconnected"
  std::string message;
  std::string command;
  std::string window;
  CallId id = 0;
  std::string incident;
};

struct RemoteHost {
  enum class Subdomains { NONE, ONE, ANY };
  std::string name;
  std::uint16_t port = 0;
  Subdomains subdomains = Subdomains::NONE;
};

// What came from a channel. more == false: these were the last, and failure says why if anything
// was wrong.
struct ChannelStep {
  std::vector<std::string> items;  // JSON
  bool more = false;
  std::optional<Failure> failure;
};

struct Start {
  std::string window;
  std::string url;
  std::string title;
  std::string pageState;
  std::string contentSecurityPolicy;
  std::vector<RemoteHost> hosts;         // of a remote origin; none: the app's own page
  std::vector<std::string> authorities;  // PEM
};

// Large bytes of an answer, still at the broker; the value names them by their index.
struct OpenDownload {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
};

struct Event {
  std::string name;
  std::string payload;  // JSON
};

// So many events of one name did not fit into the window's queue at the broker.
struct Dropped {
  std::string name;
  std::uint32_t count = 0;
};

// All that the page listens to from now on; proto/session.capnp says what the rest means.
struct ListenWish {
  std::vector<std::string> names;
  bool fresh = false;
  bool ready = false;
};

// Why a name of a wish is not listened to.
struct ListenRefusal {
  std::string name;
  std::string code;
  std::string message;
};

// A whole file of the app. found == false: the broker has no such file, or the link is gone.
struct Asset {
  bool found = false;
  std::string mime;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

enum class LogLevel { DEBUG, INFO, WARNING, ERROR };

// Told by SessionLink, always from the event loop, never from inside a call of its own methods.
class SessionEvents {
 public:
  virtual void started(const Start& start) = 0;
  // Exactly one of the two for every invoke() that was not cancelled; json is valid during the call
  // only. Who gets downloads reads or discards them.
  virtual void succeeded(CallId id,
                         std::string_view json,
                         const std::vector<OpenDownload>& downloads) = 0;
  virtual void failed(const Failure& failure) = 0;
  virtual bool load(const std::string& url) = 0;  // false: not a URL of this window's origin class
  virtual void close() = 0;
  virtual void deliver(const std::vector<Event>& events, const std::vector<Dropped>& dropped) = 0;
  // The broker is gone. Told once, after every open call failed with "disconnected".
  virtual void disconnected() = 0;

 protected:
  ~SessionEvents() = default;
};

}  // namespace sallyport::renderer
