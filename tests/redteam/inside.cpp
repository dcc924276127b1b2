// See the header. Plain system calls: what a hostile program would do, not what a library lets it
// do.
#include "tests/redteam/inside.h"

#include <capnp/serialize.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t LINE_BYTES = 1500;
constexpr std::uint32_t CONTROL = 0;  // the object that attach() gives
constexpr std::uint16_t CONTROL_CLOSE = 1;
// A broker that says nothing for so long has failed, whatever it is that the attack waits for.
constexpr int ANSWER_SECONDS = 60;

void write(const std::string& line) {
  [[maybe_unused]] const auto done = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string plain(std::string text) {
  for (char& c : text)
    if (c < 0x20 || c > 0x7e || c == '|') c = '?';
  return text;
}

}  // namespace

void Inside::send(const void* from, std::size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t n = ::send(SESSION, at, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw HungUp{};
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void Inside::send(wire::Wire& message) { send(message.bytes()); }

void Inside::sendReading(kj::ArrayPtr<const kj::byte> bytes) {
  std::array<char, 65536> thrown{};
  const kj::byte* at = bytes.begin();
  while (at < bytes.end()) {
    for (ssize_t n = 1; n > 0;) {
      n = ::recv(SESSION, thrown.data(), thrown.size(), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) throw HungUp{};
    }
    const ssize_t n = ::send(
        SESSION, at, static_cast<std::size_t>(bytes.end() - at), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      at += n;
    } else if (n < 0 && errno == EAGAIN) {
      pollfd wait{SESSION, POLLIN | POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      throw HungUp{};
    }
  }
}

void Inside::untilHungUp(std::chrono::milliseconds atMost, bool reading) {
  std::array<char, 65536> thrown{};
  const auto end = Clock::now() + atMost;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return;
    pollfd wait{SESSION, static_cast<short>(reading ? POLLIN : 0), 0};
    poll(&wait, 1, static_cast<int>(left));
    if (reading && (wait.revents & POLLIN) != 0 &&
        ::recv(SESSION, thrown.data(), thrown.size(), MSG_DONTWAIT) == 0)
      throw HungUp{};
    if ((wait.revents & (POLLHUP | POLLERR)) != 0 && (wait.revents & POLLIN) == 0) throw HungUp{};
  }
}

void Inside::readExactly(void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = ::recv(SESSION, at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) fact("unanswered", std::to_string(ANSWER_SECONDS) + " s");
    if (n <= 0) throw HungUp{};
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

kj::Array<capnp::word> Inside::readMessage() {
  std::uint32_t lessOne = 0;
  readExactly(&lessOne, 4);
  std::vector<std::uint32_t> table((lessOne + 2) | 1U);
  table[0] = lessOne;
  readExactly(table.data() + 1, (table.size() - 1) * 4);
  std::size_t words = table.size() / 2;
  for (std::uint32_t i = 0; i <= lessOne; ++i) words += table[i + 1];
  auto message = kj::heapArray<capnp::word>(words);
  std::copy_n(table.data(), table.size(), reinterpret_cast<std::uint32_t*>(message.begin()));
  const std::size_t head = table.size() * 4;
  readExactly(message.asBytes().begin() + head, message.asBytes().size() - head);
  return message;
}

void Inside::answerCall(capnp::rpc::Call::Reader call) {
  const auto target = call.getTarget();
  if (!target.isImportedCap() || target.getImportedCap() != CONTROL) {
    ++m_callsToMine;
  } else if (call.getMethodId() == CONTROL_CLOSE) {
    _exit(0);
  }
  send(*wire::returned(call.getQuestionId()));
}

void Inside::await(std::uint32_t question,
                   const std::function<void(capnp::rpc::Return::Reader)>& read) {
  for (;;) {
    const auto words = readMessage();
    capnp::FlatArrayMessageReader reader(words);
    const auto message = reader.getRoot<capnp::rpc::Message>();
    if (message.isCall()) answerCall(message.getCall());
    if (!message.isReturn() || message.getReturn().getAnswerId() != question) continue;
    if (read) read(message.getReturn());
    return;
  }
}

void Inside::attach() {
  send(*wire::bootstrap(0));
  send(*wire::attach(1, wire::VIA_BOOTSTRAP, CONTROL));
  await(0, {});
  await(1, [](capnp::rpc::Return::Reader ret) {
    if (!ret.isResults()) throw HungUp{};
  });
}

Inside::Answer Inside::invoke(const std::string& command, const std::string& arguments) {
  const auto id = question();
  send(*wire::invoke(id, 0, command, arguments));
  Answer answer;
  await(id, [&](capnp::rpc::Return::Reader ret) {
    if (!ret.isResults()) {
      answer.text = "refused";
      return;
    }
    const auto outcome =
        ret.getResults().getContent().getAs<proto::Session::InvokeResults>().getOutcome();
    answer.ok = outcome.isValue();
    answer.text = answer.ok ? outcome.getValue().cStr() : outcome.getFailure().getCode().cStr();
  });
  send(*wire::finish(id));
  return answer;
}

Inside::Answer Inside::asset(const std::string& path) {
  const auto id = question();
  send(*wire::call(id, 0, wire::ASSET, [&](capnp::rpc::Call::Builder call) {
    call.getParams().getContent().initAs<proto::Session::AssetParams>().setPath(
        capnp::Text::Reader(path.c_str(), path.size()));
  }));
  Answer answer;
  await(id, [&](capnp::rpc::Return::Reader ret) {
    if (!ret.isResults()) {
      answer.text = "refused";
      return;
    }
    const auto asset =
        ret.getResults().getContent().getAs<proto::Session::AssetResults>().getAsset();
    answer.ok = asset.isFound();
    answer.text = answer.ok ? std::to_string(asset.getFound().getTotalBytes()) : "not-found";
  });
  send(*wire::finish(id));
  return answer;
}

void Inside::fact(const std::string& name, const std::string& value) {
  const auto one = plain(name) + "=" + plain(value).substr(0, 400) + "|";
  if (m_facts.size() + one.size() > LINE_BYTES) flush();
  m_facts += one;
}

void Inside::flush() {
  if (!m_facts.empty()) write("@" + m_id + " " + m_facts + "\n");
  m_facts.clear();
}

namespace {

[[noreturn]] void stayForEver() {
  for (;;) ::pause();
}

// Steady calls, and how long each took, in microseconds. The harness reads the lines.
[[noreturn]] void beHonest() {
  constexpr auto PACE = std::chrono::milliseconds(4);
  constexpr std::size_t CALLS_PER_LINE = 64;
  constexpr auto LINE_TIME = std::chrono::milliseconds(300);  // when calls are slow
  Inside self("honest", 0);
  try {
    self.attach();
    write("@honest ready\n");
    std::string line;
    std::size_t calls = 0;
    auto written = Clock::now();
    for (auto next = Clock::now();; next = std::max(next + PACE, Clock::now())) {
      self.pause(
          std::max(std::chrono::milliseconds(0),
                   std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now())));
      const auto start = Clock::now();
      if (!self.invoke("cmd_list_folders", "{}").ok) write("@honest LOST\n");
      const auto took = Clock::now() - start;
      line +=
          " " + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
      if (++calls < CALLS_PER_LINE && Clock::now() - written < LINE_TIME) continue;
      write("@honest took" + line + "\n");
      line.clear();
      calls = 0;
      written = Clock::now();
    }
  } catch (const HungUp&) {
    write("@honest LOST\n");
  }
  stayForEver();
}

// The harness says when.
void awaitStart() {
  sigset_t start;
  sigemptyset(&start);
  sigaddset(&start, SIGUSR1);
  int number = 0;
  sigwait(&start, &number);
}

[[noreturn]] void beHostile(unsigned window, const std::string& ids) {
  std::vector<const Attack*> list;
  for (std::size_t at = 0; at < ids.size();) {
    const auto end = std::min(ids.find(',', at), ids.size());
    list.push_back(attackNamed(ids.substr(at, end - at)));
    at = end + 1;
  }
  Inside self("armed", window);
  const bool peaceful = list.front()->kind == Attack::Kind::PEACEFUL;
  try {
    if (peaceful) self.attach();
    write("@armed now\n");
    awaitStart();
    for (const auto* attack : list) {
      self.setId(attack->id);
      attack->inside(self);
      self.flush();
    }
    write("@over done\n");
  } catch (const HungUp&) {
    self.flush();
    write("@over hung up in " + self.id() + "\n");
  }
  stayForEver();
}

}  // namespace

void runInside(const std::string& role) {
  // Before anything else: the harness signals all that run here, and may be early.
  sigset_t start;
  sigemptyset(&start);
  sigaddset(&start, SIGUSR1);
  sigprocmask(SIG_BLOCK, &start, nullptr);
  const timeval patience{ANSWER_SECONDS, 0};
  setsockopt(Inside::SESSION, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (role == "honest") beHonest();
  if (role == "idle") stayForEver();
  const auto space = role.find(' ');
  beHostile(static_cast<unsigned>(std::stoul(role)), role.substr(space + 1));
}

}  // namespace sallyport::redteam
