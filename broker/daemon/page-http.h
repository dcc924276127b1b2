// The module `http` over the net process: the scope is asked for every hop, and the rules of what
// an answer may be. Runs in the broker; answers are hostile and are passed on as text or bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/commands/modules/http/http-module.h"
#include "capabilities/url.h"
#include "proto/net.capnp.h"

namespace sallyport::daemon {

class PageHttp final : public commands::http::Host {
 public:
  static constexpr unsigned MAX_RUNNING = 8;  // of all pages; net has 16 for everyone

  explicit PageHttp(std::function<proto::Net::Client()> net) : m_net(std::move(net)) {}

  kj::Promise<commands::Result<commands::http::HttpAnswer>> fetch(
      const commands::Caller& caller, commands::http::FetchUrl what) override;

 private:
  struct Call;
  using Answer = commands::Result<commands::http::HttpAnswer>;

  kj::Promise<Answer> hop(std::shared_ptr<Call> call, std::string url);
  kj::Promise<Answer> answered(std::shared_ptr<Call> call,
                               const capabilities::Url& url,
                               proto::HttpOutcome::Reader outcome);

  std::function<proto::Net::Client()> m_net;
  unsigned m_running = 0;
};

// What a Location header means, seen from the URL that sent it; empty when it is none that is
// followed. Relative ones are resolved without `.` and `..`, which parseUrl() then refuses.
std::string redirectTarget(const capabilities::Url& from, std::string_view location);

}  // namespace sallyport::daemon
