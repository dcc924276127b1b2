// From KJ's HTTP to api.h and back.
#include "tests/devnet/server.h"

namespace sallyport::devnet {

Server::Server(Node& node, kj::Timer& timer)
    : m_node(node), m_timer(timer), m_server(timer, m_headerTable, *this) {}

kj::Promise<void> Server::listen(kj::Network& network,
                                 unsigned port,
                                 kj::Function<void(unsigned)> ready) {
  return network.parseAddress("127.0.0.1", port)
      .then([this, ready = kj::mv(ready)](kj::Own<kj::NetworkAddress>&& address) mutable {
        auto receiver = address->listen();
        ready(receiver->getPort());
        auto& listening = *receiver;
        return m_server.listenHttp(listening).attach(kj::mv(receiver));
      });
}

kj::Promise<void> Server::mineEvery(kj::Duration interval) {
  return m_timer.afterDelay(interval).then([this, interval] {
    m_node.mine(1, m_node.faucetScript());
    return mineEvery(interval);
  });
}

kj::Promise<void> Server::request(kj::HttpMethod method,
                                  kj::StringPtr url,
                                  const kj::HttpHeaders&,
                                  kj::AsyncInputStream& requestBody,
                                  Response& response) {
  if (method != kj::HttpMethod::GET && method != kj::HttpMethod::POST)
    return send(response, {405, "text/plain", "only GET and POST"});
  auto kind = method == kj::HttpMethod::GET ? Method::GET : Method::POST;
  std::string path(url.begin(), url.end());
  path.resize(std::min(path.size(), path.find('?')));
  return requestBody.readAllText(MAX_REQUEST_BODY)
      .then([this, kind, path = std::move(path), &response](kj::String body) {
        return send(response,
                    handle(m_node, kind, path, std::string_view(body.begin(), body.size())));
      });
}

kj::Promise<void> Server::send(Response& response, Answer answer) {
  kj::HttpHeaders headers(m_headerTable);
  headers.set(kj::HttpHeaderId::CONTENT_TYPE, kj::str(answer.type.c_str()));
  auto reason = answer.status == 200   ? "OK"_kj
                : answer.status == 404 ? "Not Found"_kj
                                       : "Bad Request"_kj;
  auto body = kj::heapString(answer.body.data(), answer.body.size());
  auto stream = response.send(answer.status, reason, headers, body.size());
  auto done = stream->write(body.begin(), body.size());
  return done.attach(kj::mv(stream), kj::mv(body));
}

}  // namespace sallyport::devnet
