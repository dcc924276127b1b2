// Writes the seeds of session-fuzz into a folder: one honest or hostile exchange a file. Run by
// hand when the schema changes; the files are committed.
#include <fstream>
#include <string>

#include "tests/broker/session/rpc-messages.h"

using namespace sallyport::session::tests;

namespace {

constexpr char ATTACHED = 1;
constexpr char BARE = 0;

class Seed {
 public:
  Seed(const std::string& folder, const std::string& name, char first)
      : m_file(folder + "/" + name, std::ios::binary) {
    m_file.put(first);
  }
  Seed&& operator<<(kj::Own<Wire> wire) {
    const auto bytes = wire->bytes();
    m_file.write(reinterpret_cast<const char*>(bytes.begin()),
                 static_cast<std::streamsize>(bytes.size()));
    return static_cast<Seed&&>(*this);
  }
  void raw(const std::string& bytes) {
    m_file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::ofstream m_file;
};

using Session = sallyport::proto::Session;

kj::Own<Wire> navigate(std::uint32_t question, const std::string& url) {
  return call(question, 0, NAVIGATE, [&](capnp::rpc::Call::Builder c) {
    c.getParams().getContent().initAs<Session::NavigateParams>().setUrl(url);
  });
}

kj::Own<Wire> connect(std::uint32_t question, std::uint32_t id, const std::string& host) {
  return call(question, 0, CONNECT, [&](capnp::rpc::Call::Builder c) {
    auto params = c.getParams().getContent().initAs<Session::ConnectParams>();
    params.setConnection(id);
    params.setHost(host);
    params.setPort(443);
  });
}

kj::Own<Wire> sendBytes(std::uint32_t question, std::uint32_t id, std::size_t size) {
  return call(question, 0, SEND, [&](capnp::rpc::Call::Builder c) {
    auto params = c.getParams().getContent().initAs<Session::SendParams>();
    params.setConnection(id);
    params.initBytes(static_cast<kj::uint>(size));
  });
}

kj::Own<Wire> receive(std::uint32_t question, std::uint32_t id) {
  return call(question, 0, RECEIVE, [&](capnp::rpc::Call::Builder c) {
    c.getParams().getContent().initAs<Session::ReceiveParams>().setConnection(id);
  });
}

kj::Own<Wire> disconnect(std::uint32_t question, std::uint32_t id) {
  return call(question, 0, DISCONNECT, [&](capnp::rpc::Call::Builder c) {
    c.getParams().getContent().initAs<Session::DisconnectParams>().setConnection(id);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const std::string to = argv[1];
  Seed(to, "bootstrap", BARE) << bootstrap(0) << finish(0);
  Seed(to, "bootstrap-twice", BARE) << bootstrap(0) << bootstrap(1);
  Seed(to, "attach", BARE) << bootstrap(0) << attach(1, VIA_BOOTSTRAP, 0) << finish(1);
  Seed(to, "attach-no-such-control", BARE) << bootstrap(0) << attach(1, VIA_BOOTSTRAP, 0, 5);
  Seed(to, "invoke", ATTACHED) << invoke(2, 0, "cmd_echo", "{\"text\":\"a\"}") << finish(2);
  Seed(to, "invoke-large", ATTACHED) << invoke(2, 0, "cmd_large", "{\"bytes\":70000}") << finish(2);
  Seed(to, "invoke-waits", ATTACHED) << invoke(2, 0, "cmd_wait", "{}")
                                     << invoke(3, 0, "cmd_finish", "{}") << finish(2) << finish(3);
  Seed(to, "invoke-refused", ATTACHED)
      << invoke(2, 0, "cmd_denied", "{}") << invoke(3, 0, "cmd_nothing", "{}")
      << invoke(4, 0, "cmd_echo", "{\"text\":");
  Seed(to, "invoke-many", ATTACHED) << invokeMany(2,
                                                  0,
                                                  1,
                                                  {{"cmd_echo", "{\"text\":\"a\"}"},
                                                   {"cmd_wait", "{}"},
                                                   {"cmd_large", "{\"bytes\":70000}"},
                                                   {"cmd_denied", "{}"},
                                                   {"cmd_finish", "{}"}})
                                    << finish(2) << cancel(3, 0, 2, 4) << finish(3) << returned(0);
  Seed(to, "invoke-many-again", ATTACHED)
      << invokeMany(2, 0, 5, {{"cmd_echo", "{}"}}) << invokeMany(3, 0, 5, {{"cmd_echo", "{}"}});
  Seed(to, "cancel-unknown", ATTACHED) << cancel(2, 0, 1, 1024) << cancel(3, 0, 1, 1025);
  Seed(to, "channel", ATTACHED) << open(2, 0, 1, "cmd_count", "{\"to\":3}") << finish(2)
                                << next(3, 0, 1) << finish(3) << next(4, 0, 1);
  Seed(to, "channel-full", ATTACHED)
      << open(2, 0, 9, "cmd_flood", "{\"bytes\":70000}") << next(3, 0, 9) << next(4, 0, 9);
  Seed(to, "channel-closed", ATTACHED)
      << open(2, 0, 1, "cmd_listen", "{}") << next(3, 0, 1) << close(4, 0, 1) << finish(2)
      << next(5, 0, 1) << open(6, 0, 1, "cmd_count", "{}");
  Seed(to, "channel-unknown", ATTACHED) << close(2, 0, 77) << next(3, 0, 77);
  const std::string packet = "{\"bytes\":\"AP+A/w==\"}";
  const std::string large = "{\"bytes\":\"" + std::string(128 * 1024, 'A') + "\"}";
  Seed(to, "invoke-bytes", ATTACHED)
      << invoke(2, 0, "cmd_turn_bytes", packet) << finish(2)
      << invoke(3, 0, "cmd_turn_bytes", "{\"bytes\":\"AB==\"}") << finish(3);
  Seed(to, "invoke-many-bytes", ATTACHED)
      << invokeMany(2,
                    0,
                    1,
                    {{"cmd_turn_bytes", packet},
                     {"cmd_turn_bytes", large},
                     {"cmd_turn_bytes", "{\"bytes\":[0,255]}"},
                     {"cmd_turn_bytes", "{\"bytes\":\"A\"}"},
                     {"cmd_wait", "{}"},
                     {"cmd_turn_bytes", "{\"bytes\":\"\"}"}})
      << cancel(3, 0, 2, 4) << finish(2) << finish(3) << returned(0);
  Seed(to, "channel-bytes", ATTACHED)
      << open(2, 0, 1, "cmd_give_bytes", packet) << finish(2) << next(3, 0, 1) << finish(3)
      << next(4, 0, 1) << close(5, 0, 1) << next(6, 0, 1);
  Seed(to, "channel-bytes-full", ATTACHED)
      << open(2, 0, 1, "cmd_give_bytes", large) << next(3, 0, 1) << next(4, 0, 1) << finish(3);
  Seed(to, "channel-bytes-refused", ATTACHED)
      << open(2, 0, 1, "cmd_give_bytes", "{\"bytes\":\"====\"}") << next(3, 0, 1)
      << open(4, 0, 2, "cmd_turn_bytes", packet) << invoke(5, 0, "cmd_give_bytes", packet);
  // The first call of ours is the event that waits for the page; the read of the upload is next.
  Seed(to, "upload", ATTACHED) << invokeWithUpload(2, 0, "cmd_take", 1, 300)
                               << returnedPiece(0, 200) << returnedPiece(1, 100)
                               << returnedPiece(0, 100) << finish(2);
  Seed(to, "upload-lies", ATTACHED) << invokeWithUpload(2, 0, "cmd_take", 1, 300)
                                    << returnedPiece(0, 301) << returnedPiece(1, 301);
  Seed(to, "upload-again", ATTACHED) << invokeWithUpload(2, 0, "cmd_take", 7, ~std::uint64_t{0})
                                     << invokeWithUpload(3, 0, "cmd_leave", 7, 1);
  Seed(to, "upload-kept", ATTACHED)
      << invokeWithUpload(2, 0, "cmd_keep", 1, 600'000) << finish(2) << returnedPiece(0, 524'288);
  Seed(to, "download", ATTACHED) << invoke(2, 0, "cmd_give", "{\"bytes\":600000}") << read(3, 0, 1)
                                 << finish(2) << finish(3) << read(4, 0, 1) << read(5, 0, 1);
  Seed(to, "download-discarded", ATTACHED) << invokeMany(2, 0, 1, {{"cmd_give", "{\"bytes\":9}"}})
                                           << discard(3, 0, 1) << discard(4, 0, 2) << read(5, 0, 1);
  Seed(to, "download-twice", ATTACHED) << invoke(2, 0, "cmd_give", "{\"bytes\":9}") << read(3, 0, 1)
                                       << read(4, 0, 1) << read(5, 0, 2);
  Seed(to, "cancel", ATTACHED) << invokeMany(2, 0, 1, {{"cmd_wait", "{}"}, {"cmd_finish", "{}"}})
                               << cancel(3, 0, 1, 2) << cancel(4, 0, 1, 2) << finish(2)
                               << cancel(5, 0, 1, 2);
  Seed(to, "listen-anew", ATTACHED)
      << listen(2, 0, {"evt_state", "evt_note"}, true) << returned(0)
      << listen(3, 0, {"evt_note", "evt_level"}) << returned(1) << listen(4, 0, {}) << finish(2);
  Seed(to, "navigate-goes", ATTACHED) << navigate(2, "https://go.example/")
                                      << invoke(3, 0, "cmd_echo", "{\"text\":\"a\"}") << finish(2);
  Seed(to, "connection", ATTACHED)
      << connect(2, 1, "host.example") << sendBytes(3, 1, 4096) << receive(4, 1) << receive(5, 1)
      << disconnect(6, 1) << finish(2) << sendBytes(7, 1, 1);
  Seed(to, "navigate", ATTACHED) << navigate(2, "https://example.org/") << finish(2)
                                 << invoke(3, 0, "cmd_echo", "{}");
  Seed(to, "navigate-too-long", ATTACHED) << navigate(2, std::string(10'000, 'a')) << finish(2);
  Seed(to, "connect", ATTACHED) << connect(2, 1, "example.org") << sendBytes(3, 1, 4096)
                                << receive(4, 1) << disconnect(5, 1) << finish(2) << finish(4);
  Seed(to, "connect-again", ATTACHED)
      << connect(2, 1, "example.org") << connect(3, 1, "example.org");
  Seed(to, "connection-unknown", ATTACHED)
      << sendBytes(2, 9, 70'000) << receive(3, 9) << disconnect(4, 9);
  Seed(to, "listen", ATTACHED)
      << listen(2, 0, {"evt_note", "evt_state", "evt_note", "evt_secret", "evt_none"})
      << listen(3, 0, {"evt_level"}, true) << listen(4, 0, {}) << finish(2);
  Seed(to, "listen-too-many", ATTACHED)
      << listen(2, 0, std::vector<std::string>(65, "evt_note")) << finish(2);
  Seed(to, "asset", ATTACHED) << call(2, 0, ASSET, [](capnp::rpc::Call::Builder c) {
    auto params = c.getParams().getContent().initAs<sallyport::proto::Session::AssetParams>();
    params.setPath("/big.bin");
    params.setOffset(4096);
  }) << finish(2);
  Seed(to, "log", ATTACHED) << call(2, 0, LOG, [](capnp::rpc::Call::Builder c) {
    c.getParams().getContent().initAs<sallyport::proto::Session::LogParams>().setText("line");
  }) << finish(2);
  Seed(to, "capabilities", ATTACHED)
      << call(2, 0, INVOKE, [](capnp::rpc::Call::Builder c) { hostCapabilities(c, 1, 8); })
      << release(0, 1);
  Seed(to, "promise", ATTACHED) << call(2, 0, INVOKE, [](capnp::rpc::Call::Builder c) {
    c.getParams().initCapTable(1)[0].setSenderPromise(9);
  }) << wire([](Message::Builder m) {
    m.initResolve().setPromiseId(9);
    m.getResolve().initCap().setReceiverHosted(0);
  });
  Seed(to, "pipelined", ATTACHED) << pipelined(2, 0, LOG, 4) << pipelined(3, 2, LOG);
  Seed(to, "return", ATTACHED) << returned(0) << returned(1);
  Seed(to, "disembargo", ATTACHED) << wire([](Message::Builder m) {
    m.initDisembargo().initTarget().setImportedCap(0);
    m.getDisembargo().getContext().setSenderLoopback(1);
  });
  Seed(to, "abort", ATTACHED) << wire([](Message::Builder m) { m.initAbort().setReason("x"); });
  Seed(to, "tag", ATTACHED) << tagged(7);
  Seed(to, "segments", BARE).raw("\xff\xff\xff\xff\xff\xff\xff\xff");
  Seed(to, "half", BARE).raw(std::string("\0\0\0\0\0\0\2\0x", 9));
  return 0;
}
