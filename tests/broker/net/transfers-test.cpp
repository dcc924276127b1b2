#include "broker/net/transfers.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <stdlib.h>

#include <algorithm>

#include "broker/net/public-address.h"
#include "proto/net.capnp.h"
#include "tests/broker/net/server-fake.h"

namespace sallyport::net {
namespace {

struct TransfersFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  Transfers transfers;

  static Request request(std::string url, std::size_t maxBytes = 1'000'000) {
    Request request;
    request.url = std::move(url);
    request.maxBytes = maxBytes;
    request.deadline = std::chrono::seconds(30);
    return request;
  }
  Answer fetch(Request request) { return transfers.start(std::move(request)).wait(io.waitScope); }
  Answer fetch(const ServerFake& server) { return fetch(request(server.url())); }
};

std::string valueOf(const Headers& headers, const std::string& name) {
  const auto found = std::find_if(
      headers.begin(), headers.end(), [&](const auto& row) { return row.first == name; });
  return found == headers.end() ? "(none)" : found->second;
}

TEST_CASE_FIXTURE(TransfersFixture, "status, headers and body come back as they were sent") {
  const std::string body("a\0b\xff\r\n", 6);
  ServerFake server([&](const std::string&) {
    return httpAnswer(body, "X-Mixed-Case:  some value \r\nX-Empty:\r\n", "404 Not Found");
  });
  const auto answer = fetch(server);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 404);
  CHECK(answer->body == body);
  CHECK(valueOf(answer->headers, "x-mixed-case") == "some value");
  CHECK(valueOf(answer->headers, "x-empty").empty());
}

TEST_CASE_FIXTURE(TransfersFixture,
                  "a request is sent with its path, headers and body, and no more") {
  ServerFake server([](const std::string&) { return httpAnswer("ok"); });
  auto post = request(server.url("/tx?a=b"));
  post.method = Method::POST;
  post.body = std::string("0200\0ff", 7);
  post.headers = {{"X-API-Key", "secret"}, {"X-Empty", ""}};
  REQUIRE(fetch(post).has_value());
  const std::string sent = server.requests().at(0);
  CHECK(sent.rfind("POST /tx?a=b HTTP/1.1\r\n", 0) == 0);
  CHECK(sent.find("X-API-Key: secret\r\n") != std::string::npos);
  CHECK(sent.find("X-Empty:\r\n") != std::string::npos);
  CHECK(sent.find("Expect") == std::string::npos);
  CHECK(sent.find("Cookie") == std::string::npos);
  CHECK(sent.find("Authorization") == std::string::npos);
  CHECK(sent.find("User-Agent") == std::string::npos);
  CHECK(sent.substr(sent.size() - 7) == post.body);
}

TEST_CASE_FIXTURE(TransfersFixture, "a large body is sent at once, without asking first") {
  ServerFake server([](const std::string&) { return httpAnswer("ok"); });
  auto post = request(server.url());
  post.method = Method::POST;
  post.body.assign(1'100'000, 'x');  // from 1 MiB on libcurl would ask
  REQUIRE(fetch(post).has_value());
  CHECK(server.requests().at(0).find("Expect") == std::string::npos);
  CHECK(server.requests().at(0).size() > post.body.size());
}

TEST_CASE_FIXTURE(TransfersFixture,
                  "a body over the limit ends the transfer, one of just that size does not") {
  ServerFake server([](const std::string&) { return httpAnswer(std::string(1'000, 'x')); });
  CHECK(fetch(request(server.url(), 1'000))->body.size() == 1'000);
  CHECK(fetch(request(server.url(), 999)).error() == Failure::TOO_LARGE);
  CHECK(fetch(request(server.url(), 0)).error() == Failure::TOO_LARGE);
}

TEST_CASE_FIXTURE(TransfersFixture, "a body that never ends is cut at the limit") {
  ServerFake server([](const std::string&) {
    std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 2'000; ++i) answer += "400\r\n" + std::string(0x400, 'x') + "\r\n";
    return answer;
  });
  CHECK(fetch(server).error() == Failure::TOO_LARGE);
}

TEST_CASE_FIXTURE(TransfersFixture, "headers without measure are no HTTP to us") {
  std::string headers;
  for (std::uint32_t i = 0; i < proto::MAX_RESPONSE_HEADERS - 2; ++i) headers += "X-A: b\r\n";
  ServerFake most([&](const std::string&) { return httpAnswer("ok", headers); });
  CHECK(fetch(most).has_value());
  ServerFake many([&](const std::string&) { return httpAnswer("ok", headers + "X-A: b\r\n"); });
  CHECK(fetch(many).error() == Failure::PROTOCOL);
  ServerFake large([&](const std::string&) {
    std::string four;
    for (int i = 0; i < 4; ++i) four += "X-A: " + std::string(20'000, 'y') + "\r\n";
    return httpAnswer("ok", four);
  });
  CHECK(fetch(large).error() == Failure::PROTOCOL);
}

TEST_CASE_FIXTURE(TransfersFixture, "what is not HTTP is said to be so") {
  for (const char* garbage :
       {"\x16\x03\x01\x02", "hello\r\n\r\n", "HTTP/9.9 xx\r\n\r\n", "<html></html>"}) {
    ServerFake server([&](const std::string&) { return std::string(garbage); });
    const auto answer = fetch(server);
    REQUIRE_MESSAGE(answer.has_error(), garbage);
    CHECK_MESSAGE(answer.error() == Failure::PROTOCOL, garbage);
  }
}

TEST_CASE_FIXTURE(TransfersFixture, "a server that closes without a word is unreachable") {
  ServerFake server([](const std::string&) { return std::string(); });
  CHECK(fetch(server).error() == Failure::UNREACHABLE);
}

TEST_CASE_FIXTURE(TransfersFixture, "half a body is a failure, not a short body") {
  ServerFake server([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  CHECK(fetch(server).has_error());
}

TEST_CASE_FIXTURE(TransfersFixture, "a refused connection is unreachable") {
  unsigned port = 0;
  {
    ServerFake closed([](const std::string&) { return std::string(); });
    port = closed.port();
  }
  CHECK(fetch(request("http://127.0.0.1:" + std::to_string(port) + "/")).error() ==
        Failure::UNREACHABLE);
}

TEST_CASE_FIXTURE(TransfersFixture, "a server that does not answer in time is left") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("late");
  });
  auto slow = request(server.url());
  slow.deadline = std::chrono::milliseconds(100);
  CHECK(fetch(slow).error() == Failure::DEADLINE);
  gate.open();
}

TEST_CASE_FIXTURE(TransfersFixture, "a redirect is an answer, and nobody follows it") {
  ServerFake target([](const std::string&) { return httpAnswer("never"); });
  ServerFake server([&](const std::string&) {
    return httpAnswer("", "Location: " + target.url() + "\r\n", "302 Found");
  });
  const auto answer = fetch(server);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 302);
  CHECK(valueOf(answer->headers, "location") == target.url());
  CHECK(target.requests().empty());
}

TEST_CASE_FIXTURE(TransfersFixture, "each method is sent as itself, and HEAD has no body back") {
  ServerFake server([](const std::string& sent) {
    return sent.rfind("HEAD", 0) == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                      : httpAnswer("ok");
  });
  const std::pair<Method, const char*> methods[] = {{Method::PUT, "PUT / HTTP/1.1"},
                                                    {Method::PATCH, "PATCH / HTTP/1.1"},
                                                    {Method::DELETE, "DELETE / HTTP/1.1"},
                                                    {Method::HEAD, "HEAD / HTTP/1.1"}};
  std::size_t count = 0;
  for (const auto& [method, line] : methods) {
    auto one = request(server.url());
    one.method = method;
    if (method != Method::HEAD) one.body = "body";
    const auto answer = fetch(one);
    REQUIRE(answer.has_value());
    CHECK(answer->body == (method == Method::HEAD ? "" : "ok"));
    const std::string sent = server.requests().at(count++);
    CHECK(sent.rfind(line, 0) == 0);
    CHECK((sent.find("body") != std::string::npos) == (method != Method::HEAD));
  }
}

TEST_CASE_FIXTURE(TransfersFixture,
                  "what may only go to the internet does not go to this machine, by no way") {
  ServerFake server([](const std::string&) { return httpAnswer("ok"); });
  auto plain = request(server.url());
  REQUIRE(fetch(plain).has_value());  // leaves a connection that could be used again
  auto guarded = plain;
  guarded.publicOnly = true;
  CHECK(fetch(guarded).error() == Failure::FORBIDDEN_ADDRESS);
  std::string byName = server.url();
  byName.replace(byName.find("127.0.0.1"), 9, "localhost");
  auto named = request(byName);
  REQUIRE(fetch(named).has_value());
  named.publicOnly = true;
  CHECK(fetch(named).error() == Failure::FORBIDDEN_ADDRESS);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("the internet's addresses are told from all others") {
  for (const char* address : {"8.8.8.8",
                              "1.1.1.1",
                              "100.63.255.255",
                              "100.128.0.0",
                              "172.15.255.255",
                              "172.32.0.0",
                              "192.167.255.255",
                              "198.20.0.0",
                              "223.255.255.255",
                              "2606:4700::1111",
                              "2a00:1450:4001::1",
                              "2001:4860:4860::8888"})
    CHECK_MESSAGE(isPublicAddress(std::string_view(address)), address);
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.168.255.255",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:8.8.8.8",
                              "::ffff:127.0.0.1",
                              "64:ff9b::7f00:1",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001::1",
                              "2002:7f00:1::",
                              "3fff::1",
                              "",
                              "name",
                              "127.1"})
    CHECK_MESSAGE(!isPublicAddress(std::string_view(address)), address);
}

TEST_CASE_FIXTURE(TransfersFixture, "a cookie is not kept for the next request") {
  ServerFake server(
      [](const std::string&) { return httpAnswer("ok", "Set-Cookie: id=1; Path=/\r\n"); });
  REQUIRE(fetch(server).has_value());
  REQUIRE(fetch(server).has_value());
  CHECK(server.requests().at(1).find("Cookie") == std::string::npos);
}

TEST_CASE("a proxy in the environment is not used") {
  ServerFake proxy([](const std::string&) { return httpAnswer("proxy"); });
  ServerFake server([](const std::string&) { return httpAnswer("server"); });
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    setenv(name, proxy.url("").c_str(), 1);
  {
    TransfersFixture fixture;
    CHECK(fixture.fetch(server)->body == "server");
  }
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  CHECK(proxy.requests().empty());
}

TEST_CASE_FIXTURE(TransfersFixture, "dropping the promise ends the transfer") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("late");
  });
  {
    auto dropped = transfers.start(request(server.url()));
    REQUIRE(gate.untilWaiting(1));
  }
  // Its place is free: sixteen others fit beside it only when it is gone.
  gate.open();
  CHECK(fetch(server)->body == "late");
}

TEST_CASE_FIXTURE(TransfersFixture,
                  "the seventeenth request waits for a place, and all are answered") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("ok");
  });
  auto promises = kj::heapArrayBuilder<kj::Promise<Answer>>(40);
  for (int i = 0; i < 40; ++i) promises.add(transfers.start(request(server.url())));
  REQUIRE(gate.untilWaiting(proto::MAX_REQUESTS_IN_FLIGHT));
  CHECK(gate.waiting() == proto::MAX_REQUESTS_IN_FLIGHT);
  gate.open();
  for (auto& answer : kj::joinPromises(promises.finish()).wait(io.waitScope))
    CHECK(answer.has_value());
  CHECK(server.requests().size() == 40);
}

TEST_CASE_FIXTURE(TransfersFixture, "a waiting request that is dropped is never sent") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("ok");
  });
  auto promises = kj::heapArrayBuilder<kj::Promise<Answer>>(16);
  for (int i = 0; i < 16; ++i) promises.add(transfers.start(request(server.url("/first"))));
  REQUIRE(gate.untilWaiting(16));
  { auto dropped = transfers.start(request(server.url("/dropped"))); }
  auto last = transfers.start(request(server.url("/last")));
  gate.open();
  kj::joinPromises(promises.finish()).wait(io.waitScope);
  CHECK(last.wait(io.waitScope).has_value());
  for (const auto& sent : server.requests()) CHECK(sent.find("/dropped") == std::string::npos);
}

TEST_CASE("ending while transfers run leaves nothing behind") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("late");
  });
  {
    TransfersFixture fixture;
    auto running = fixture.transfers.start(TransfersFixture::request(server.url()));
    REQUIRE(gate.untilWaiting(1));
  }
  gate.open();
}

}  // namespace
}  // namespace sallyport::net
