#include "broker/net/connector.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "broker/net/address-range.h"

namespace sallyport::net {
namespace {

struct CurlFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct Attempt {
  Target target;
  bool refused = false;  // some address was out of range
};

struct Job {
  Attempt attempt;
  kj::Own<kj::CrossThreadPromiseFulfiller<Connected>> fulfiller;
};

// The one place where an address becomes a connection.
curl_socket_t openSocket(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto& attempt = *static_cast<Attempt*>(self);
  if (purpose != CURLSOCKTYPE_IPCXN || !isWithin(attempt.target.addresses, address->addr)) {
    attempt.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool isHost(const std::string& host) {
  return !host.empty() && host.size() <= proto::MAX_HOST_BYTES &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == '_' || c == '[' || c == ']' || c == ':';
         });
}

Connected run(Attempt& state) {
  Connected result;
  std::unique_ptr<CURL, CurlFree> easy(curl_easy_init());
  if (!easy) return result;
  const std::string url = "http://" + state.target.host + ":" + std::to_string(state.target.port);
  const auto set = [&](CURLoption option, auto value) {
    return curl_easy_setopt(easy.get(), option, value) == CURLE_OK;
  };
  const bool ready = set(CURLOPT_URL, url.c_str()) && set(CURLOPT_CONNECT_ONLY, 1L) &&
                     set(CURLOPT_PROTOCOLS_STR, "http") && set(CURLOPT_PROXY, "") &&
                     set(CURLOPT_NOSIGNAL, 1L) &&
                     set(CURLOPT_TIMEOUT_MS, static_cast<long>(proto::CONNECT_MS)) &&
                     set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(proto::CONNECT_MS)) &&
                     set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&state)) &&
                     set(CURLOPT_OPENSOCKETFUNCTION, &openSocket);
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (ready && curl_easy_perform(easy.get()) == CURLE_OK &&
      curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
      socket != CURL_SOCKET_BAD) {
    // libcurl closes its own.
    result.socket = kj::AutoCloseFd(::fcntl(socket, F_DUPFD_CLOEXEC, 3));
    if (result.socket.get() >= 0 && ::fcntl(result.socket.get(), F_SETFL, O_NONBLOCK) == 0)
      result.outcome = proto::ConnectOutcome::CONNECTED;
  }
  if (result.outcome != proto::ConnectOutcome::CONNECTED && state.refused)
    result.outcome = proto::ConnectOutcome::REFUSED;
  return result;
}

}  // namespace

kj::Promise<Connected> connect(Target target) {
  if (!isHost(target.host) || target.port == 0)
    return Connected{proto::ConnectOutcome::REFUSED, nullptr};
  auto pair = kj::newPromiseAndCrossThreadFulfiller<Connected>();
  auto job = std::make_unique<Job>();
  job->attempt.target = std::move(target);
  job->fulfiller = kj::mv(pair.fulfiller);
  std::thread([job = std::move(job)] { job->fulfiller->fulfill(run(job->attempt)); }).detach();
  return kj::mv(pair.promise);
}

}  // namespace sallyport::net
