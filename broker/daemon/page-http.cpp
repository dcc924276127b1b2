#include "broker/daemon/page-http.h"

#include <algorithm>

#include "broker/files/text.h"
#include "capabilities/scope.h"

namespace sallyport::daemon {
namespace {

using commands::Code;
using commands::Error;
using commands::Result;
namespace http = commands::http;

constexpr std::int32_t DEFAULT_TIMEOUT_SECONDS = 30;

proto::HttpMethod toProto(http::HttpMethod method) {
  switch (method) {
    case http::HttpMethod::GET:
      return proto::HttpMethod::GET;
    case http::HttpMethod::POST:
      return proto::HttpMethod::POST;
    case http::HttpMethod::PUT:
      return proto::HttpMethod::PUT;
    case http::HttpMethod::PATCH:
      return proto::HttpMethod::PATCH;
    case http::HttpMethod::DELETE:
      return proto::HttpMethod::DELETE;
    case http::HttpMethod::HEAD:
      break;
  }
  return proto::HttpMethod::HEAD;
}

Error describe(proto::NetFailure failure) {
  switch (failure) {
    case proto::NetFailure::INVALID_REQUEST:
      return {Code::INVALID_ARGUMENT, "The request breaks a rule of HTTP."};
    case proto::NetFailure::CERTIFICATE:
      return {Code::UNAVAILABLE, "The server's certificate is not trusted."};
    case proto::NetFailure::DEADLINE:
      return {Code::DEADLINE, "The server did not answer in time."};
    case proto::NetFailure::TOO_LARGE:
      return {Code::TOO_LARGE, "The answer is larger than was asked for."};
    case proto::NetFailure::FORBIDDEN_ADDRESS:
      return {Code::DENIED, "The server's name leads into a private network."};
    case proto::NetFailure::PROTOCOL:
      return {Code::UNAVAILABLE, "The server does not speak HTTP."};
    case proto::NetFailure::UNREACHABLE:
      break;
  }
  return {Code::UNAVAILABLE, "The server cannot be reached."};
}

// An address, or this machine by its name: then the scope says so letter by letter, and no DNS can
// make another machine of it.
bool isWrittenAddress(const std::string& host) {
  return host == "localhost" || host.starts_with('[') ||
         host.find_first_not_of("0123456789.") == std::string::npos;
}

bool isRedirect(std::uint16_t status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

struct PageHttp::Call {
  Call(std::shared_ptr<const capabilities::Scope> scope, http::FetchUrl what, unsigned& running)
      : scope(std::move(scope)), what(std::move(what)), m_running(running) {
    ++m_running;
  }
  ~Call() { --m_running; }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::shared_ptr<const capabilities::Scope> scope;
  http::FetchUrl what;
  int hops = 0;

 private:
  unsigned& m_running;
};

std::string redirectTarget(const capabilities::Url& from, std::string_view location) {
  if (location.empty()) return {};
  if (location.starts_with("//")) return from.scheme + ":" + std::string(location);
  if (location.starts_with('/')) return from.origin() + std::string(location);
  if (location.starts_with('?')) return from.origin() + from.path + std::string(location);
  if (location.starts_with('#')) return {};
  const auto colon = location.find(':');
  if (colon != std::string_view::npos && colon < location.find_first_of("/?#"))
    return std::string(location);
  return from.origin() + from.path.substr(0, from.path.rfind('/') + 1) + std::string(location);
}

kj::Promise<PageHttp::Answer> PageHttp::fetch(const commands::Caller& caller, http::FetchUrl what) {
  if (m_running == MAX_RUNNING)
    return Answer(Error{Code::RATE_LIMITED, "Too many requests are running."});
  std::string url = what.url;
  return hop(std::make_shared<Call>(caller.scope, std::move(what), m_running), std::move(url));
}

kj::Promise<PageHttp::Answer> PageHttp::hop(std::shared_ptr<Call> call, std::string text) {
  std::string problem;
  const auto url = capabilities::parseUrl(text, problem);
  if (!url)
    return Answer(call->hops == 0
                      ? Error{Code::INVALID_ARGUMENT, "url: " + problem}
                      : Error{Code::DENIED, "A redirect leads to what is no plain URL."});
  const bool web = url->scheme == "https" || url->scheme == "http";
  if (!web || !call->scope || !capabilities::permitsUrl(*call->scope, *url))
    return Answer(Error{Code::DENIED,
                        call->hops == 0 ? "The URL is not within what this window may reach."
                                        : "A redirect leads out of what this window may reach."});
  auto message = m_net().httpRequest();
  auto request = message.initRequest();
  const auto& what = call->what;
  request.setMethod(toProto(what.method.value_or(http::HttpMethod::GET)));
  request.setUrl(url->text());
  if (what.headers) {
    auto headers = request.initHeaders(static_cast<unsigned>(what.headers->size()));
    for (unsigned i = 0; i < headers.size(); ++i) {
      headers[i].setName((*what.headers)[i].name);
      headers[i].setValue((*what.headers)[i].value);
    }
  }
  if (what.body) request.setBody(kj::arrayPtr(what.body->data(), what.body->size()).asBytes());
  if (what.bytes) request.setBody(kj::arrayPtr(what.bytes->value.data(), what.bytes->value.size()));
  request.setDeadlineMs(
      static_cast<std::uint32_t>(what.timeoutSeconds.value_or(DEFAULT_TIMEOUT_SECONDS)) * 1000);
  request.setMaxBytes(
      static_cast<std::uint32_t>(what.maxAnswerBytes.value_or(http::MAX_ANSWER_BYTES)));
  request.setPublicOnly(!isWrittenAddress(url->host));
  return message.send().then(
      [this, call, url = *url](auto&& results) {
        return answered(call, url, results.getOutcome());
      },
      [](kj::Exception&&) -> kj::Promise<Answer> {
        return Answer(Error{Code::UNAVAILABLE, "The network process is being started again."});
      });
}

kj::Promise<PageHttp::Answer> PageHttp::answered(std::shared_ptr<Call> call,
                                                 const capabilities::Url& url,
                                                 proto::HttpOutcome::Reader outcome) {
  if (!outcome.isResponse()) return Answer(describe(outcome.getFailure()));
  const auto response = outcome.getResponse();
  http::HttpAnswer answer;
  answer.status = response.getStatus();
  answer.url = url.text();
  std::string location;
  for (auto header : response.getHeaders()) {
    const std::string name = header.getName().cStr();
    const std::string value(header.getValue().begin(), header.getValue().size());
    if (name == "location") location = value;
    if (name == "set-cookie" || name == "set-cookie2" || !files::isText(value)) continue;
    answer.headers.push_back({name, value});
  }
  const bool follows =
      call->what.redirects.value_or(http::Redirects::FOLLOW) == http::Redirects::FOLLOW;
  if (const std::string target = redirectTarget(url, location);
      follows && isRedirect(response.getStatus()) && !target.empty()) {
    if (++call->hops > http::MAX_REDIRECTS)
      return Answer(Error{Code::UNAVAILABLE, "The server redirects more than 5 times."});
    std::string problem;
    const auto next = capabilities::parseUrl(target, problem);
    if (next && url.scheme == "https" && next->scheme != "https")
      return Answer(Error{Code::DENIED, "A redirect leads from https to http."});
    auto& what = call->what;
    // What a browser does: only 307 and 308 send the body again.
    const auto method = what.method.value_or(http::HttpMethod::GET);
    if (response.getStatus() < 307 && method != http::HttpMethod::HEAD) {
      what.method = http::HttpMethod::GET;
      what.body.reset();
      what.bytes.reset();
    }
    // Who the page is to one server is nothing for another.
    if (what.headers && next && next->origin() != url.origin())
      std::erase_if(*what.headers,
                    [](const auto& header) { return lower(header.name) == "authorization"; });
    return hop(std::move(call), target);
  }
  if (call->what.answerAs == http::BodyAs::BYTES) {
    const auto bytes = response.getBody();
    answer.bytes.emplace().value.assign(bytes.begin(), bytes.end());
    return Answer(std::move(answer));
  }
  const auto body = response.getBody().asChars();
  answer.body.assign(body.begin(), body.end());
  if (!files::isText(answer.body))
    return Answer(Error{Code::NOT_SUPPORTED, "The answer is no UTF-8 text."});
  return Answer(std::move(answer));
}

}  // namespace sallyport::daemon
