// The module `http`: what a page may say of a request. Where it may go is tests/broker/daemon.
#include <doctest/doctest.h>

#include "broker/commands/modules/http/http-module.h"
#include "tests/broker/commands/modules/module-call.h"

namespace {

using namespace sallyport::commands;
using test::call;

class HttpFake final : public http::Host {
 public:
  kj::Promise<Result<http::HttpAnswer>> fetch(const Caller&, http::FetchUrl what) override {
    seen = what.url;
    if (what.bytes) sent = *what.bytes;
    if (what.answerAs == http::BodyAs::BYTES)
      return Result<http::HttpAnswer>(http::HttpAnswer{200, what.url, {}, "", Bytes{{0, 255}}});
    return Result<http::HttpAnswer>(http::HttpAnswer{204, what.url, {{"x-a", "b"}}, "text", {}});
  }
  std::string seen;
  Bytes sent;
};

TEST_CASE("a request reaches the host within its bounds") {
  HttpFake host;
  const Registry registry = test::registryOf(http::makeModule(host));
  CHECK(
      call(registry, "cmd_fetch_url", R"({"url":"https://a.example/x"})") ==
      R"({"status":204,"url":"https://a.example/x","headers":[{"name":"x-a","value":"b"}],"body":"text"})");
  CHECK(call(registry,
             "cmd_fetch_url",
             R"({"url":"u","method":"post","body":"b","headers":[{"name":"Accept","value":"a/b"}],)"
             R"("redirects":"give","timeoutSeconds":60,"maxAnswerBytes":1})")
            .find("{\"status\"") == 0);
  host.seen.clear();
  for (const char* wrong : {R"({})",
                            R"({"url":"u","method":"connect"})",
                            R"({"url":"u","body":"b"})",
                            R"({"url":"u","method":"head","body":"b"})",
                            R"({"url":"u","timeoutSeconds":0})",
                            R"({"url":"u","timeoutSeconds":61})",
                            R"({"url":"u","maxAnswerBytes":524289})",
                            R"({"url":"u","headers":[{"name":"a b","value":""}]})",
                            R"({"url":"u","headers":[{"name":"","value":""}]})",
                            R"({"url":"u","headers":[{"name":"a","value":"b\r\nHost: c"}]})",
                            R"({"url":"u","headers":[{"name":"a\nb","value":""}]})"})
    CHECK_MESSAGE(call(registry, "cmd_fetch_url", wrong).find("invalid-argument") == 0, wrong);
  for (const char* name : {"Host",
                           "cookie",
                           "ORIGIN",
                           "Referer",
                           "Content-Length",
                           "Sec-Fetch-Mode",
                           "Proxy-Authorization",
                           "Transfer-Encoding",
                           "connection"})
    CHECK_MESSAGE(
        call(registry,
             "cmd_fetch_url",
             std::string(R"({"url":"u","headers":[{"name":")") + name + R"(","value":"x"}]})")
                .find("invalid-argument: headers: one of them") == 0,
        name);
  std::string many = R"({"url":"u","headers":[{"name":"a","value":"b"})";
  for (std::size_t i = 0; i < http::MAX_HEADERS; ++i) many += R"(,{"name":"a","value":"b"})";
  CHECK(call(registry, "cmd_fetch_url", many + "]}") == "invalid-argument: headers: more than 32");
  CHECK(call(registry,
             "cmd_fetch_url",
             R"({"url":"u","method":"put","body":")" + std::string(http::MAX_BODY_BYTES + 1, 'x') +
                 "\"}") == "too-large: body: more than 262144 bytes");
  CHECK(host.seen.empty());
  CHECK(test::allowed(registry, "http:default") == std::vector<std::string>{"cmd_fetch_url"});
}

TEST_CASE("a body is any bytes where the page says so, in the request and in the answer") {
  HttpFake host;
  const Registry registry = test::registryOf(http::makeModule(host));
  CHECK(call(registry,
             "cmd_fetch_url",
             R"({"url":"u","method":"post","bytes":"AP+A","answerAs":"bytes"})") ==
        R"({"status":200,"url":"u","headers":[],"body":"","bytes":"AP8="})");
  CHECK(host.sent.value == std::vector<std::uint8_t>{0, 255, 128});
  CHECK(call(registry, "cmd_fetch_url", R"({"url":"u","answerAs":"text"})")
            .find("\"body\":\"text\"}") != std::string::npos);
  host.seen.clear();
  for (const char* wrong : {R"({"url":"u","bytes":"AA=="})",
                            R"({"url":"u","method":"head","bytes":"AA=="})",
                            R"({"url":"u","method":"post","body":"","bytes":"AA=="})",
                            R"({"url":"u","method":"post","bytes":"AA"})",
                            R"({"url":"u","method":"post","bytes":"AB=="})",
                            R"({"url":"u","method":"post","bytes":[0]})",
                            R"({"url":"u","answerAs":"json"})"})
    CHECK_MESSAGE(call(registry, "cmd_fetch_url", wrong).find("invalid-argument") == 0, wrong);
  const auto posted = [&](std::size_t triples) {
    return call(registry,
                "cmd_fetch_url",
                R"({"url":"u","method":"post","bytes":")" + std::string(triples * 4, 'A') + "\"}");
  };
  CHECK(posted(http::MAX_BODY_BYTES / 3 + 1) == "too-large: bytes: more than 262144 bytes");
  CHECK(host.seen.empty());
  CHECK(posted(http::MAX_BODY_BYTES / 3).find("{\"status\":204") == 0);
  CHECK(host.sent.value.size() == http::MAX_BODY_BYTES / 3 * 3);
}

}  // namespace
