// The module `http` over a net process that the test plays: where a request may go, hop by hop, and
// what of an answer a page gets.
#include "broker/daemon/page-http.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capabilities/scope.h"

namespace sallyport::daemon {
namespace {

namespace http = commands::http;
using commands::Code;

struct Seen {
  std::string url;
  proto::HttpMethod method;
  bool publicOnly;
  std::string body;
  std::string authorization;
  std::uint32_t maxBytes = 0;
};

struct Reply {
  std::uint16_t status = 200;
  std::string location;
  std::string body = "body";
  std::optional<proto::NetFailure> failure = {};
};

struct World {
  std::map<std::string, Reply> replies;
  std::vector<Seen> seen;
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> held;
  bool hold = false;
};

class NetFake final : public proto::Net::Server {
 public:
  explicit NetFake(World& world) : m_world(world) {}

 protected:
  kj::Promise<void> http(HttpContext context) override {
    const auto in = context.getParams().getRequest();
    Seen seen{in.getUrl().cStr(), in.getMethod(), in.getPublicOnly(), {}, {}, in.getMaxBytes()};
    seen.body.assign(in.getBody().asChars().begin(), in.getBody().asChars().end());
    for (auto header : in.getHeaders())
      if (header.getName() == "Authorization") seen.authorization = header.getValue().cStr();
    m_world.seen.push_back(seen);
    const Reply reply = m_world.replies[seen.url];
    auto outcome = context.getResults().initOutcome();
    if (reply.failure) {
      outcome.setFailure(*reply.failure);
    } else {
      auto response = outcome.initResponse();
      response.setStatus(reply.status);
      auto headers = response.initHeaders(3);
      headers[0].setName("location");
      headers[0].setValue(reply.location);
      headers[1].setName("set-cookie");
      headers[1].setValue("id=1");
      headers[2].setName("x-kept");
      headers[2].setValue("yes");
      response.setBody(kj::arrayPtr(reply.body.data(), reply.body.size()).asBytes());
    }
    if (!m_world.hold) return kj::READY_NOW;
    auto paf = kj::newPromiseAndFulfiller<void>();
    m_world.held.push_back(kj::mv(paf.fulfiller));
    return kj::mv(paf.promise);
  }

 private:
  World& m_world;
};

std::shared_ptr<const capabilities::Scope> scopeOf(const std::vector<std::string>& allow) {
  auto scope = std::make_shared<capabilities::Scope>();
  for (const auto& text : allow) {
    capabilities::ScopePattern pattern;
    std::string problem;
    REQUIRE_MESSAGE(
        parseScopePattern(
            capabilities::ScopeKind::URL, capabilities::ScopeSide::ALLOW, text, pattern, problem),
        problem);
    scope->allow.push_back({text, std::move(pattern)});
  }
  return scope;
}

http::FetchUrl withUrl(std::string url) { return {std::move(url), {}, {}, {}, {}, {}, {}, {}, {}}; }

struct HttpFixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  World world;
  proto::Net::Client net{kj::heap<NetFake>(world)};
  PageHttp pageHttp{[this] { return net; }};
  commands::Caller caller{
      "main", "app", scopeOf({"https://a.example", "https://b.example/open/**"})};

  commands::Result<http::HttpAnswer> fetch(http::FetchUrl what) {
    return pageHttp.fetch(caller, std::move(what)).wait(io.waitScope);
  }
  std::string code(const std::string& url) {
    const auto answer = fetch(withUrl(url));
    return answer.has_error() ? std::string(commands::codeName(answer.error().code)) : "ok";
  }
};

TEST_CASE_FIXTURE(HttpFixture, "an answer comes without cookies, from where the scope reaches") {
  const auto answer = fetch(withUrl("https://a.example/x?q=1"));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->url == "https://a.example/x?q=1");
  CHECK(answer->body == "body");
  REQUIRE(answer->headers.size() == 2);
  CHECK(answer->headers[1].name == "x-kept");
  CHECK(world.seen.at(0).publicOnly);
}

TEST_CASE_FIXTURE(HttpFixture, "what is not in the scope is never sent") {
  for (const char* url : {"http://a.example/",
                          "https://a.example:8443/",
                          "https://evil.example/",
                          "https://a.example.evil.example/",
                          "https://b.example/",
                          "https://b.example/closed",
                          "wss://a.example/"})
    CHECK_MESSAGE(code(url) == "denied", url);
  for (const char* url : {"https://user@a.example/",
                          "https://a.example/../x",
                          "file:///etc/passwd",
                          "javascript:1",
                          "https://0x7f.1/",
                          "//a.example",
                          ""})
    CHECK_MESSAGE(code(url) == "invalid-argument", url);
  CHECK(world.seen.empty());
  caller.scope = nullptr;
  CHECK(code("https://a.example/") == "denied");
}

TEST_CASE_FIXTURE(HttpFixture, "each hop of a redirect is asked of the scope again") {
  world.replies["https://a.example/1"] = {302, "/2"};
  world.replies["https://a.example/2"] = {307, "https://b.example/open/3"};
  const auto answer = fetch(withUrl("https://a.example/1"));
  REQUIRE(answer.has_value());
  CHECK(answer->url == "https://b.example/open/3");
  CHECK(world.seen.size() == 3);
  for (const char* target : {"https://evil.example/",
                             "http://a.example/",
                             "//evil.example/",
                             "https://b.example/closed",
                             "http://169.254.169.254/latest",
                             "http://localhost/",
                             "file:///etc/passwd",
                             "/../x",
                             "https://user@a.example/"}) {
    world.replies["https://a.example/1"] = {302, target};
    world.seen.clear();
    CHECK_MESSAGE(code("https://a.example/1") == "denied", target);
    CHECK(world.seen.size() == 1);
  }
}

TEST_CASE_FIXTURE(HttpFixture,
                  "redirects end, are given when asked for, and change the method as they say") {
  world.replies["https://a.example/loop"] = {302, "/loop"};
  CHECK(code("https://a.example/loop") == "unavailable");
  CHECK(world.seen.size() == http::MAX_REDIRECTS + 1);
  const auto given =
      fetch({"https://a.example/loop", {}, {}, {}, {}, {}, http::Redirects::GIVE, {}, {}});
  CHECK(given->status == 302);

  const auto post = [&](std::uint16_t status, const std::string& target) {
    world.replies["https://a.example/p"] = {status, target};
    world.seen.clear();
    fetch({"https://a.example/p",
           http::HttpMethod::POST,
           std::vector<http::HttpHeader>{{"Authorization", "secret"}},
           "text",
           {},
           {},
           {},
           {},
           {}});
    return world.seen.at(1);
  };
  CHECK(post(303, "/q").method == proto::HttpMethod::GET);
  CHECK(post(303, "/q").body.empty());
  CHECK(post(308, "/q").method == proto::HttpMethod::POST);
  CHECK(post(308, "/q").body == "text");
  CHECK(post(308, "/q").authorization == "secret");
  CHECK(post(308, "https://b.example/open/q").authorization.empty());
}

TEST_CASE_FIXTURE(
    HttpFixture,
    "an address is reached only where the scope writes it, and a name never leads to one") {
  caller.scope = scopeOf({"http://127.0.0.1:8080", "http://localhost:8080", "https://a.example"});
  CHECK(code("http://127.0.0.1:8080/") == "ok");
  CHECK(code("http://localhost:8080/") == "ok");
  CHECK_FALSE(world.seen.at(0).publicOnly);
  CHECK_FALSE(world.seen.at(1).publicOnly);
  world.replies["https://a.example/"] = {200, "", "", proto::NetFailure::FORBIDDEN_ADDRESS};
  CHECK(code("https://a.example/") == "denied");
  CHECK(world.seen.at(2).publicOnly);
}

TEST_CASE_FIXTURE(HttpFixture,
                  "what comes back is text within the bound, or the failure that it was") {
  world.replies["https://a.example/bytes"] = {200, "", "\xff"};
  CHECK(code("https://a.example/bytes") == "not-supported");
  const std::pair<proto::NetFailure, const char*> failures[] = {
      {proto::NetFailure::UNREACHABLE, "unavailable"},
      {proto::NetFailure::CERTIFICATE, "unavailable"},
      {proto::NetFailure::DEADLINE, "deadline"},
      {proto::NetFailure::TOO_LARGE, "too-large"},
      {proto::NetFailure::PROTOCOL, "unavailable"}};
  for (const auto& [failure, expected] : failures) {
    world.replies["https://a.example/"] = {200, "", "", failure};
    CHECK(code("https://a.example/") == expected);
  }
}

TEST_CASE_FIXTURE(HttpFixture, "bytes go and come as they are, by the same rules as text") {
  const std::vector<std::uint8_t> binary{0, 255, 128, 0};
  const std::string same("\0\xff\x80\0", 4);
  const auto post = [&](const std::string& url) {
    auto what = withUrl(url);
    what.method = http::HttpMethod::POST;
    what.bytes = commands::Bytes{binary};
    what.answerAs = http::BodyAs::BYTES;
    return fetch(std::move(what));
  };
  world.replies["https://a.example/p"] = {200, "", same};
  const auto answer = post("https://a.example/p");
  REQUIRE(answer.has_value());
  CHECK(world.seen.at(0).body == same);
  CHECK(answer->body.empty());
  REQUIRE(answer->bytes.has_value());
  CHECK(answer->bytes->value == binary);
  CHECK_FALSE(fetch(withUrl("https://a.example/"))->bytes.has_value());

  // The body goes again where text would, and nowhere else.
  world.replies["https://a.example/308"] = {308, "/p"};
  world.replies["https://a.example/303"] = {303, "/p"};
  world.replies["https://a.example/out"] = {308, "https://evil.example/"};
  world.seen.clear();
  CHECK(post("https://a.example/308").has_value());
  CHECK(world.seen.at(1).body == same);
  CHECK(post("https://a.example/303").has_value());
  CHECK(world.seen.at(3).method == proto::HttpMethod::GET);
  CHECK(world.seen.at(3).body.empty());
  CHECK(post("https://a.example/out").error().code == Code::DENIED);
  CHECK(post("https://evil.example/").error().code == Code::DENIED);
  CHECK(world.seen.size() == 5);

  auto bounded = withUrl("https://a.example/p");
  bounded.answerAs = http::BodyAs::BYTES;
  CHECK(fetch(bounded).has_value());
  CHECK(world.seen.at(5).maxBytes == static_cast<std::uint32_t>(http::MAX_ANSWER_BYTES));
  caller.scope = nullptr;  // what a revoked grant leaves
  CHECK(fetch(bounded).error().code == Code::DENIED);
  CHECK(world.seen.size() == 6);
}

TEST_CASE_FIXTURE(HttpFixture, "a bounded number runs at once, and a dropped one makes room") {
  world.hold = true;
  std::vector<kj::Promise<commands::Result<http::HttpAnswer>>> running;
  for (unsigned i = 0; i < PageHttp::MAX_RUNNING; ++i)
    running.push_back(pageHttp.fetch(caller, withUrl("https://a.example/")));
  CHECK(code("https://a.example/") == "rate-limited");
  running.pop_back();
  auto next = pageHttp.fetch(caller, withUrl("https://a.example/"));
  CHECK_FALSE(next.poll(io.waitScope));
}

TEST_CASE("a Location is read from where it stands") {
  std::string problem;
  const auto from = *capabilities::parseUrl("https://a.example/dir/page?q", problem);
  CHECK(redirectTarget(from, "/x") == "https://a.example/x");
  CHECK(redirectTarget(from, "//b.example/x") == "https://b.example/x");
  CHECK(redirectTarget(from, "x/y") == "https://a.example/dir/x/y");
  CHECK(redirectTarget(from, "?r") == "https://a.example/dir/page?r");
  CHECK(redirectTarget(from, "http://c.example") == "http://c.example");
  CHECK(redirectTarget(from, "javascript:alert(1)") == "javascript:alert(1)");
  CHECK(redirectTarget(from, "a/b:c") == "https://a.example/dir/a/b:c");
  CHECK(redirectTarget(from, "#part").empty());
  CHECK(redirectTarget(from, "").empty());
}

}  // namespace
}  // namespace sallyport::daemon
