// Translates between net.capnp and a transfer. Runs in net.
#include "broker/net/net-session.h"

#include <algorithm>

#include "proto/cancellation.h"

namespace sallyport::net {
namespace {

Method methodOf(proto::HttpMethod method) {
  switch (method) {
    case proto::HttpMethod::GET:
      return Method::GET;
    case proto::HttpMethod::POST:
      return Method::POST;
    case proto::HttpMethod::PUT:
      return Method::PUT;
    case proto::HttpMethod::PATCH:
      return Method::PATCH;
    case proto::HttpMethod::DELETE:
      return Method::DELETE;
    case proto::HttpMethod::HEAD:
      return Method::HEAD;
  }
  return Method::GET;
}

Request read(proto::HttpRequest::Reader in) {
  Request request;
  request.method = methodOf(in.getMethod());
  request.publicOnly = in.getPublicOnly();
  request.url.assign(in.getUrl().begin(), in.getUrl().end());
  for (auto header : in.getHeaders())
    request.headers.emplace_back(std::string(header.getName().begin(), header.getName().end()),
                                 std::string(header.getValue().begin(), header.getValue().end()));
  auto body = in.getBody().asChars();
  request.body.assign(body.begin(), body.end());
  if (in.getDeadlineMs() != 0) request.deadline = std::chrono::milliseconds(in.getDeadlineMs());
  request.maxBytes = in.getMaxBytes() == 0 ? proto::MAX_RESPONSE_BODY_BYTES
                                           : std::min<std::uint32_t>(
                                                 in.getMaxBytes(), proto::MAX_RESPONSE_BODY_BYTES);
  return request;
}

proto::NetFailure toProto(Failure failure) {
  switch (failure) {
    case Failure::INVALID_REQUEST:
      return proto::NetFailure::INVALID_REQUEST;
    case Failure::UNREACHABLE:
      return proto::NetFailure::UNREACHABLE;
    case Failure::CERTIFICATE:
      return proto::NetFailure::CERTIFICATE;
    case Failure::DEADLINE:
      return proto::NetFailure::DEADLINE;
    case Failure::TOO_LARGE:
      return proto::NetFailure::TOO_LARGE;
    case Failure::PROTOCOL:
      return proto::NetFailure::PROTOCOL;
    case Failure::FORBIDDEN_ADDRESS:
      return proto::NetFailure::FORBIDDEN_ADDRESS;
  }
  return proto::NetFailure::PROTOCOL;
}

void write(const Response& response, proto::HttpOutcome::Response::Builder out) {
  out.setStatus(response.status);
  auto headers = out.initHeaders(static_cast<unsigned>(response.headers.size()));
  for (unsigned i = 0; i < headers.size(); ++i) {
    headers[i].setName(response.headers[i].first.c_str());
    headers[i].setValue(response.headers[i].second.c_str());
  }
  out.setBody(kj::arrayPtr(response.body.data(), response.body.size()).asBytes());
}

}  // namespace

kj::Promise<void> NetSession::http(HttpContext context) {
  auto request = read(context.getParams().getRequest());
  context.releaseParams();
  if (brokenRule(request)) {
    context.getResults().initOutcome().setFailure(proto::NetFailure::INVALID_REQUEST);
    return kj::READY_NOW;
  }
  proto::allowCancellation(context);
  return m_transfers.start(std::move(request)).then([context](Answer answer) mutable {
    auto outcome = context.getResults().initOutcome();
    if (answer.has_error())
      outcome.setFailure(toProto(answer.error()));
    else
      write(answer.value(), outcome.initResponse());
  });
}

}  // namespace sallyport::net
