// Net, answered by a devnet node in the same process. A test may answer in its place, and sees what
// was asked.
#pragma once

#include <kj/async.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proto/net.capnp.h"
#include "tests/devnet/api.h"

namespace sallyport::wallet {

inline constexpr const char* SERVER_URL = "http://esplora.test";

struct Asked {
  std::string method;
  std::string path;
  std::string body;
};

class ServerFake {
 public:
  explicit ServerFake(devnet::NodeOptions options = {}) : node(std::move(options)) {}

  devnet::Node node;
  std::vector<Asked> asked;
  bool down = false;
  // First say: nothing means that the node answers.
  std::function<std::optional<devnet::Answer>(const Asked&)> instead;

  std::function<proto::Net::Client()> net() {
    return [this]() -> proto::Net::Client { return kj::heap<Net>(*this); };
  }

  std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (const auto& request : asked) found += request.path.find(part) != std::string::npos;
    return found;
  }

  // A path that starts and ends so gets this body instead.
  void lie(std::string start, std::string end, std::string body, unsigned status = 200) {
    instead = [=](const Asked& request) -> std::optional<devnet::Answer> {
      const auto& path = request.path;
      if (path.rfind(start, 0) != 0 || path.size() < end.size() ||
          path.compare(path.size() - end.size(), end.size(), end) != 0)
        return std::nullopt;
      return devnet::Answer{status, "text/plain", body};
    };
  }

 private:
  class Net final : public proto::Net::Server {
   public:
    explicit Net(ServerFake& server) : m_server(server) {}

    kj::Promise<void> http(HttpContext context) override {
      const auto request = context.getParams().getRequest();
      const std::string url(request.getUrl().cStr());
      const bool post = request.getMethod() == proto::HttpMethod::POST;
      const auto body = request.getBody().asChars();
      Asked asked{post ? "POST" : "GET",
                  url.substr(std::string_view(SERVER_URL).size()),
                  std::string(body.begin(), body.end())};
      m_server.asked.push_back(asked);
      auto outcome = context.getResults().initOutcome();
      if (m_server.down || url.rfind(SERVER_URL, 0) != 0) {
        outcome.setFailure(proto::NetFailure::UNREACHABLE);
        return kj::READY_NOW;
      }
      auto answer = m_server.instead ? m_server.instead(asked) : std::nullopt;
      if (!answer)
        answer = devnet::handle(m_server.node,
                                post ? devnet::Method::POST : devnet::Method::GET,
                                asked.path,
                                asked.body);
      auto response = outcome.initResponse();
      response.setStatus(static_cast<std::uint16_t>(answer->status));
      response.setBody(kj::arrayPtr(answer->body.data(), answer->body.size()).asBytes());
      return kj::READY_NOW;
    }

   private:
    ServerFake& m_server;
  };
};

}  // namespace sallyport::wallet
