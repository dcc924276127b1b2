// The node's routes over HTTP, on KJ's event loop. Part of `devnet`; listens on loopback only.
#pragma once

#include <kj/compat/http.h>

#include "tests/devnet/api.h"

namespace sallyport::devnet {

class Server final : public kj::HttpService {
 public:
  Server(Node& node, kj::Timer& timer);

  // Listens on 127.0.0.1 until the promise is dropped; `port` 0 takes a free one.
  kj::Promise<void> listen(kj::Network& network, unsigned port, kj::Function<void(unsigned)> ready);
  // A block to the faucet every so often, for ever.
  kj::Promise<void> mineEvery(kj::Duration interval);

  kj::Promise<void> request(kj::HttpMethod method,
                            kj::StringPtr url,
                            const kj::HttpHeaders& headers,
                            kj::AsyncInputStream& requestBody,
                            Response& response) override;

 private:
  kj::Promise<void> send(Response& response, Answer answer);

  Node& m_node;
  kj::Timer& m_timer;
  kj::HttpHeaderTable m_headerTable;
  kj::HttpServer m_server;
};

}  // namespace sallyport::devnet
