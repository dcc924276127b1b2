// libcurl's multi interface on one thread. Runs in net.
#include "broker/net/transfers.h"

#include <curl/curl.h>
#include <kj/debug.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "broker/net/public-address.h"
#include "proto/net.capnp.h"

namespace sallyport::net {

void throw_exception_from_error(Failure, const boost::source_location&) {
  throw std::logic_error("net: value of a failed transfer was asked for");
}

struct Transfers::Transfer {
  Id id = 0;
  Request request;
  Response response;
  bool tooLarge = false;
  bool malformed = false;
  bool forbidden = false;  // its name leads where publicOnly does not let it
  CURL* easy = nullptr;
  curl_slist* headerList = nullptr;
  kj::Own<kj::CrossThreadPromiseFulfiller<Answer>> fulfiller;

  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(headerList);
  }

  void prepare(const std::string& caFile);
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t onSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int onConnected(void* self, char* remote, char* local, int remotePort, int localPort);
};

namespace {

constexpr std::size_t MAX_HEADER_BYTES = 65536;

Failure failureOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::DEADLINE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Failure::CERTIFICATE;
    case CURLE_FILESIZE_EXCEEDED:
      return Failure::TOO_LARGE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return Failure::UNREACHABLE;
    default:
      return Failure::PROTOCOL;
  }
}

const char* nameOf(Method method) {
  switch (method) {
    case Method::PUT:
      return "PUT";
    case Method::PATCH:
      return "PATCH";
    case Method::DELETE:
      return "DELETE";
    default:
      return "POST";
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::size_t Transfers::Transfer::onBody(char* data,
                                        std::size_t size,
                                        std::size_t count,
                                        void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (bytes > transfer.request.maxBytes - transfer.response.body.size()) {
    transfer.tooLarge = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

std::size_t Transfers::Transfer::onHeader(char* data,
                                          std::size_t size,
                                          std::size_t count,
                                          void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  const std::string_view line(data, bytes);
  if (line.substr(0, 5) == "HTTP/") {  // a new header block, as after 100 Continue
    transfer.response.headers.clear();
    return bytes;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  std::size_t total = bytes;
  for (const auto& [name, value] : transfer.response.headers) total += name.size() + value.size();
  if (transfer.response.headers.size() == proto::MAX_RESPONSE_HEADERS || total > MAX_HEADER_BYTES) {
    transfer.malformed = true;
    return 0;
  }
  transfer.response.headers.emplace_back(lower(std::string(line.substr(0, colon))),
                                         trimmed(line.substr(colon + 1)));
  return bytes;
}

// Before a connection: the addresses that a name has now, whatever it had when it was looked at.
curl_socket_t Transfers::Transfer::onSocket(void* self, curlsocktype, curl_sockaddr* address) {
  if (!isPublicAddress(address->addr)) {
    static_cast<Transfer*>(self)->forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Before a request on a connection, which may be one that another request made.
int Transfers::Transfer::onConnected(void* self, char* remote, char*, int, int) {
  if (isPublicAddress(std::string_view(remote))) return CURL_PREREQFUNC_OK;
  static_cast<Transfer*>(self)->forbidden = true;
  return CURL_PREREQFUNC_ABORT;
}

void Transfers::Transfer::prepare(const std::string& caFile) {
  easy = curl_easy_init();
  KJ_REQUIRE(easy != nullptr, "libcurl has no handle");
  auto set = [this](CURLoption option, auto value) {
    KJ_REQUIRE(curl_easy_setopt(easy, option, value) == CURLE_OK,
               "libcurl refuses an option",
               int(option));
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // also not from the environment
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::min<std::int64_t>(10'000, request.deadline.count())));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline.count()));
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  if (!caFile.empty()) set(CURLOPT_CAINFO, caFile.c_str());
  for (const auto& [name, value] : request.headers)
    headerList =
        curl_slist_append(headerList, (value.empty() ? name + ";" : name + ": " + value).c_str());
  if (request.publicOnly) {
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::onSocket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_PREREQFUNCTION, &Transfer::onConnected);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  }
  if (request.method == Method::HEAD) {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != Method::GET) {
    set(CURLOPT_POST, 1L);
    if (request.method != Method::POST) set(CURLOPT_CUSTOMREQUEST, nameOf(request.method));
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    headerList = curl_slist_append(headerList, "Expect:");  // no extra round trip
  }
  if (headerList != nullptr) set(CURLOPT_HTTPHEADER, headerList);
}

Transfers::Transfers(std::string caFile) : m_caFile(std::move(caFile)), m_multi(nullptr) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    throw std::runtime_error("libcurl does not start");
  m_multi = curl_multi_init();
  if (m_multi == nullptr) throw std::runtime_error("libcurl does not start");
  curl_multi_setopt(m_multi, CURLMOPT_MAXCONNECTS, 8L);
  m_thread = std::thread([this] { loop(); });
}

Transfers::~Transfers() {
  {
    std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  curl_multi_wakeup(m_multi);
  m_thread.join();
  curl_multi_cleanup(m_multi);
}

kj::Promise<Answer> Transfers::start(Request request) {
  auto pair = kj::newPromiseAndCrossThreadFulfiller<Answer>();
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->fulfiller = kj::mv(pair.fulfiller);
  Id id = 0;
  {
    std::lock_guard lock(m_mutex);
    id = transfer->id = m_nextId++;
    m_started.push_back(std::move(transfer));
  }
  curl_multi_wakeup(m_multi);
  return pair.promise.attach(kj::defer([this, id] {
    {
      std::lock_guard lock(m_mutex);
      m_cancelled.push_back(id);
    }
    curl_multi_wakeup(m_multi);
  }));
}

void Transfers::loop() {
  while (takeOrders()) {
    admitWaiting();
    int running = 0;
    curl_multi_perform(m_multi, &running);
    collect();
    if (m_waiting.empty() || m_running.size() == proto::MAX_REQUESTS_IN_FLIGHT)
      curl_multi_poll(m_multi, nullptr, 0, 60'000, nullptr);
  }
  for (auto& [id, transfer] : m_running) curl_multi_remove_handle(m_multi, transfer->easy);
  m_running.clear();
  m_waiting.clear();
}

bool Transfers::takeOrders() {
  std::vector<Id> cancelled;
  {
    std::lock_guard lock(m_mutex);
    if (m_stop) return false;
    std::move(m_started.begin(), m_started.end(), std::back_inserter(m_waiting));
    m_started.clear();
    cancelled.swap(m_cancelled);
  }
  for (Id id : cancelled) {
    if (auto found = m_running.find(id); found != m_running.end()) {
      curl_multi_remove_handle(m_multi, found->second->easy);
      m_running.erase(found);
    }
    std::erase_if(m_waiting, [id](const auto& transfer) { return transfer->id == id; });
  }
  return true;
}

void Transfers::admitWaiting() {
  while (!m_waiting.empty() && m_running.size() < proto::MAX_REQUESTS_IN_FLIGHT) {
    auto transfer = std::move(m_waiting.front());
    m_waiting.erase(m_waiting.begin());
    transfer->prepare(m_caFile);
    curl_multi_add_handle(m_multi, transfer->easy);
    m_running.emplace(transfer->id, std::move(transfer));
  }
}

void Transfers::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(m_multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    // libcurl returns the pointer that prepare() gave it, typed as char*.
    auto* transfer = static_cast<Transfer*>(static_cast<void*>(owner));
    curl_multi_remove_handle(m_multi, transfer->easy);
    if (transfer->tooLarge) {
      finish(transfer->id, Failure::TOO_LARGE);
    } else if (transfer->malformed) {
      finish(transfer->id, Failure::PROTOCOL);
    } else if (code != CURLE_OK && transfer->forbidden) {
      finish(transfer->id, Failure::FORBIDDEN_ADDRESS);
    } else if (code != CURLE_OK) {
      finish(transfer->id, failureOf(code));
    } else {
      long status = 0;
      curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
      transfer->response.status = static_cast<std::uint16_t>(status);
      finish(transfer->id, std::move(transfer->response));
    }
  }
}

void Transfers::finish(Id id, const Answer& answer) {
  auto found = m_running.find(id);
  found->second->fulfiller->fulfill(Answer(answer));
  m_running.erase(found);
}

}  // namespace sallyport::net
