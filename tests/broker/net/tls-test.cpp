#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <stdlib.h>

#include "broker/net/transfers.h"
#include "tests/broker/net/server-fake.h"
#include "tests/broker/net/tls-identity.h"

namespace sallyport::net {
namespace {

struct TlsFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  std::filesystem::path folder;

  TlsFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-net-XXXXXX");
    folder = mkdtemp(pattern.data());
  }
  ~TlsFixture() { std::filesystem::remove_all(folder); }

  // What becomes of a request to a server with this identity when these are the authorities.
  Answer fetch(const TlsIdentity& server, const TlsIdentity* trusted) {
    ServerFake fake([](const std::string&) { return httpAnswer("ok"); }, server.context());
    std::string caFile;
    if (trusted != nullptr) {
      caFile = folder / "ca.pem";
      trusted->writeCertificate(caFile);
    }
    Transfers transfers(caFile);
    Request request;
    request.url = fake.url();
    request.maxBytes = 1'000;
    auto answer = transfers.start(std::move(request)).wait(io.waitScope);
    seen = fake.requests().size();
    return answer;
  }

  std::size_t seen = 0;
};

TEST_CASE_FIXTURE(TlsFixture,
                  "a server with a certificate that is trusted, for its name, is read") {
  const TlsIdentity server("IP:127.0.0.1");
  const auto answer = fetch(server, &server);
  REQUIRE(answer.has_value());
  CHECK(answer->body == "ok");
}

TEST_CASE_FIXTURE(TlsFixture, "a self-signed certificate gets no request from us") {
  const TlsIdentity server("IP:127.0.0.1");
  CHECK(fetch(server, nullptr).error() == Failure::CERTIFICATE);
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(TlsFixture, "a certificate of another authority gets no request from us") {
  const TlsIdentity server("IP:127.0.0.1"), other("IP:127.0.0.1");
  CHECK(fetch(server, &other).error() == Failure::CERTIFICATE);
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(TlsFixture, "a trusted certificate for another name gets no request from us") {
  const TlsIdentity server("DNS:example.org");
  CHECK(fetch(server, &server).error() == Failure::CERTIFICATE);
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(TlsFixture, "an expired certificate gets no request from us") {
  const TlsIdentity server("IP:127.0.0.1", -1);
  CHECK(fetch(server, &server).error() == Failure::CERTIFICATE);
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(TlsFixture, "TLS before 1.2 is not spoken") {
  const TlsIdentity server("IP:127.0.0.1");
  SSL_CTX_set_security_level(server.context(), 0);
  SSL_CTX_set_min_proto_version(server.context(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server.context(), TLS1_1_VERSION);
  CHECK(fetch(server, &server).error() == Failure::UNREACHABLE);
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(TlsFixture, "a server that speaks no TLS gets no request by https") {
  ServerFake plain([](const std::string&) { return httpAnswer("ok"); });
  Transfers transfers;
  Request request;
  request.url = "https" + plain.url().substr(4);
  request.maxBytes = 1'000;
  request.deadline = std::chrono::milliseconds(300);  // it waits for more
  CHECK(transfers.start(std::move(request)).wait(io.waitScope).has_error());
  CHECK(plain.requests().empty());
}

}  // namespace
}  // namespace sallyport::net
