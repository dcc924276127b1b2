// Translates between net.capnp and a transfer. Runs in net.
#include "broker/net/net-session.h"

#include <fcntl.h>
#include <kj/debug.h>

#include <algorithm>
#include <utility>

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

kj::AutoCloseFd copyOf(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  KJ_REQUIRE(copy >= 0, "a descriptor cannot be copied");
  kj::AutoCloseFd owned(copy);
  KJ_SYSCALL(::fcntl(copy, F_SETFL, O_NONBLOCK));
  return owned;
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

kj::Promise<void> NetSession::connect(ConnectContext context) {
  const auto params = context.getParams();
  Target target{params.getHost().cStr(), params.getPort(), params.getAddresses()};
  auto carrier = params.getSocket();
  context.releaseParams();
  if (m_underWay >= proto::MAX_CONNECTS_UNDER_WAY ||
      m_underWay + m_open >= proto::MAX_CONNECTIONS) {
    context.getResults().setOutcome(proto::ConnectOutcome::TOO_MANY);
    return kj::READY_NOW;
  }
  proto::allowCancellation(context);
  auto descriptor = carrier.getFd();
  return descriptor.then([this, context, carrier = kj::mv(carrier), target = std::move(target)](
                             kj::Maybe<int> given) mutable -> kj::Promise<void> {
    kj::AutoCloseFd page = copyOf(KJ_REQUIRE_NONNULL(given, "no descriptor came along"));
    ++m_underWay;
    return net::connect(std::move(target))
        .attach(kj::defer([this] { --m_underWay; }))
        .then([this, context, page = kj::mv(page)](Connected connected) mutable {
          context.getResults().setOutcome(connected.outcome);
          if (connected.outcome == proto::ConnectOutcome::CONNECTED)
            passOn(kj::mv(connected.socket), kj::mv(page));
        });
  });
}

// Bounded by the kernel's buffers and one small one each way: what is not read is not fetched. When
// the page's side closes all is over; when the server's does, the page reads to the end first.
void NetSession::passOn(kj::AutoCloseFd server, kj::AutoCloseFd page) {
  constexpr auto FLAGS =
      kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC | kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK;
  auto outside = m_io.wrapSocketFd(kj::mv(server), FLAGS);
  auto inside = m_io.wrapSocketFd(kj::mv(page), FLAGS);
  ++m_open;
  auto up = inside->pumpTo(*outside).ignoreResult();
  auto down =
      outside->pumpTo(*inside).then([&inside = *inside](std::uint64_t) -> kj::Promise<void> {
        inside.shutdownWrite();
        return kj::NEVER_DONE;
      });
  m_connections.add(
      up.exclusiveJoin(kj::mv(down)).attach(kj::mv(outside), kj::mv(inside), kj::defer([this] {
                                              --m_open;
                                            })));
}

}  // namespace sallyport::net
