// How the whole thing ends: in order, whatever asked for it; and at once, whatever was killed.
// Afterwards nothing is left: no process, no socket, no lock.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>

#include "tests/support/broker-process.h"
#include "tests/support/host-window.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr const char* SCRIPT = "page('here');";

// The names in the order in which the processes ended: the kernel queues the news as they come.
Names orderOfEnds(const std::map<std::string, pid_t>& processes, Milliseconds deadline) {
  const int queue = epoll_create1(EPOLL_CLOEXEC);
  Names names, order;
  std::vector<int> descriptors;
  for (const auto& [name, pid] : processes) {
    epoll_event news{};
    news.events = EPOLLIN | EPOLLONESHOT;
    news.data.u64 = names.size();
    descriptors.push_back(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    epoll_ctl(queue, EPOLL_CTL_ADD, descriptors.back(), &news);
    names.push_back(name);
  }
  epoll_event news{};
  while (order.size() < names.size() &&
         epoll_wait(queue, &news, 1, static_cast<int>(deadline.count())) == 1)
    order.push_back(names[news.data.u64]);
  for (const int fd : descriptors) close(fd);
  close(queue);
  return order;
}

std::map<std::string, pid_t> everyone(const BrokerProcess& broker) {
  std::map<std::string, pid_t> pids;
  const auto status = broker.status();
  for (const auto& process : status.at("processes").as_array())
    pids[std::string(process.at("name").as_string())] =
        static_cast<pid_t>(process.at("pid").to_number<int>());
  // What was spawned, behind which are bubblewrap, its init and the engine. Killed, it is gone at
  // once; the kernel takes a moment longer over the memory of an engine that will never run again.
  pids["engine"] = pids.at("renderer main");
  pids["renderer main"] = parentOf(parentOf(parentOf(pids.at("engine"))));
  pids["spawner"] = broker.spawner();
  pids["display"] = broker.display();
  return pids;
}

bool before(const Names& order, const char* one, const char* other) {
  const auto first = std::find(order.begin(), order.end(), one);
  const auto second = std::find(order.begin(), order.end(), other);
  return first != order.end() && second != order.end() && first < second;
}

void checkOrder(const Names& order) {
  std::string text;
  for (const auto& name : order) text += name + ", ";
  CAPTURE(text);
  CHECK(order.size() == 9);
  CHECK(before(order, "renderer main", "frame main"));
  for (const auto* other : {"net", "prompt"}) {
    CHECK(before(order, "frame main", other));
    CHECK(before(order, other, "vault"));
  }
  CHECK(before(order, "vault", "broker"));
  CHECK(before(order, "engine", "spawner"));
  CHECK(before(order, "spawner", "broker"));
  CHECK(before(order, "display", "broker"));
}

void checkNothingLeft(const BrokerProcess& broker) {
  const auto left = broker.leftovers();
  for (const auto& one : left) FAIL_CHECK("left behind: " << one);
  CHECK(!fs::exists(broker.runtime() / "admin.sock"));
  CHECK(!fs::exists(broker.runtime() / "xauthority"));
  for (const auto& [inode, path] : listeningLocalSockets())
    CHECK(path.find(broker.folder().string()) == std::string::npos);
}

}  // namespace

TEST_CASE("SIGTERM, the CLI and the user's last window all end it in the same order") {
  BrokerProcess broker({.pageScript = SCRIPT}, false);
  const std::vector<std::pair<const char*, std::function<void()>>> ways{
      {"SIGTERM", [&] { broker.signal(SIGTERM); }},
      {"asked by the CLI", [&] { CHECK(broker.cli({"shutdown"}).code == 0); }},
      {"the last window was closed", [&] { closeHostWindow(broker, "Probe"); }},
      {"SIGINT", [&] { broker.signal(SIGINT); }}};
  for (const auto& [why, ask] : ways) {
    const std::string reason = why;
    CAPTURE(reason);
    broker.start();  // each time in the folders of the one before, at once
    broker.waitForPage("here");
    const auto processes = everyone(broker);
    auto asked = std::async(std::launch::async, ask);  // the news come while it waits
    checkOrder(orderOfEnds(processes, Milliseconds(20'000)));
    CHECK_NOTHROW(asked.get());
    CHECK(broker.waitForEnd() == 0);
    broker.waitFor("shutdown: " + reason);
    broker.waitFor("shutdown: windows closed");
    broker.waitFor("shutdown: net and prompt ended");
    broker.waitFor("shutdown: vault ended");
    checkNothingLeft(broker);
  }
}

TEST_CASE("SIGTERM ends a start half-way, wherever it is, and leaves nothing") {
  BrokerProcess broker({.pageScript = SCRIPT}, false);
  for (const std::string process : {"", "vault", "prompt", "frame main"}) {
    CAPTURE(process);
    broker.start();
    CHECK(eventually([&] { return fs::exists(broker.runtime() / "admin.sock"); }));
    // Stopped, so that the start cannot come to its end by itself.
    if (!process.empty()) kill(broker.waitForOther(process, 0), SIGSTOP);
    broker.signal(SIGTERM);
    CHECK(broker.waitForEnd() == 0);
    checkNothingLeft(broker);
  }
}

TEST_CASE("a renderer that is stopped cannot hold up the shutdown") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("here");
  kill(broker.pidOf("renderer main"), SIGSTOP);
  CHECK(broker.end() == 0);
  checkNothingLeft(broker);
}

TEST_CASE(
    "a killed broker leaves no process, also none that is stopped, and is started again at once") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("here");
  kill(broker.pidOf("renderer main"), SIGSTOP);
  kill(broker.pidOf("net"), SIGSTOP);
  broker.signal(SIGKILL);
  CHECK(broker.waitForEnd() == 128 + SIGKILL);
  CHECK(broker.leftovers(Milliseconds(5'000)).empty());
  CHECK(fs::exists(broker.runtime() / "admin.sock"));  // stale; nobody was left to remove it
  broker.start();
  broker.waitForPage("here");
  CHECK(broker.status().at("app").as_string() == "probe");
  CHECK(broker.end() == 0);
  checkNothingLeft(broker);
}

TEST_CASE("a broker whose spawner was killed ends, says so, and leaves nothing") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("here");
  kill(broker.spawner(), SIGKILL);
  CHECK(broker.waitForEnd() == 1);
  broker.waitFor("shutdown: the spawner ended");
  checkNothingLeft(broker);
}

TEST_CASE("a second start of the same app brings the first to the front and ends") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("here");
  std::vector<std::string> command{binary("sallyportd")};
  const auto same = broker.commandLine();
  command.insert(command.end(), same.begin(), same.end());
  const auto second = run(command);
  CAPTURE(second.output);
  CHECK(second.code == 0);
  CHECK(second.output.find("runs already") != std::string::npos);
  CHECK(broker.pidOf("renderer main") != 0);

  // The same state from elsewhere would be two writers.
  BrokerProcess other({.pageScript = SCRIPT}, false);
  const auto elsewhere = run({binary("sallyportd"),
                              "--headless",
                              "--app-dir",
                              testApp("probe"),
                              "--state",
                              broker.state(),
                              "--runtime",
                              other.runtime()});
  CAPTURE(elsewhere.output);
  CHECK(elsewhere.code == 1);
  CHECK(elsewhere.output.find("another broker uses this state folder") != std::string::npos);
  CHECK(broker.end() == 0);
  checkNothingLeft(broker);
}

}  // namespace sallyport::test
