// What each process of a running app was given, read from /proc: descriptors, environment, command
// line; that no two share anything that they should not, and that nobody listens but the admin
// socket.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;
using List = std::vector<std::string>;

BrokerProcess& broker() {
  static BrokerProcess process({.pageScript = "page('here');"});
  static const std::string up = process.waitForPage("here");
  return process;
}

bool startsWith(const std::string& text, std::string_view start) {
  return text.rfind(start, 0) == 0;
}

// A process that is not dumpable shows its descriptors and its environment to root alone.
bool mayLookInto(pid_t pid) {
  const bool may = descriptorsOf(pid).has_value();
  if (!may) MESSAGE("skipped: only root may look into process " << pid);
  return may;
}

// Inodes as "socket:[123]": local sockets of this network namespace.
Names localSockets() {
  Names found;
  std::ifstream in("/proc/net/unix");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 7; ++i) fields >> field;
    found.insert("socket:[" + field + "]");
  }
  return found;
}

// 0 is nothing, 1 and 2 are one pipe, then the sockets that were given. Of what is above, each
// starts as one of those; sockets are local ones, and as many as one of those counts.
void checkDescriptors(pid_t pid,
                      int given,
                      const List& others,
                      const std::set<std::size_t>& sockets) {
  if (!mayLookInto(pid)) return;
  auto found = *descriptorsOf(pid);
  const auto local = localSockets();
  CHECK(found[0] == "/dev/null");
  CHECK(startsWith(found[1], "pipe:"));
  CHECK(found[2] == found[1]);
  std::size_t made = 0;
  for (const auto& [fd, target] : found) {
    if (fd < 3) continue;
    CAPTURE(fd);
    CAPTURE(target);
    if (startsWith(target, "socket:")) {
      CHECK(local.count(target) == 1);
      if (fd >= 3 + given) ++made;
      continue;
    }
    CHECK(fd >= 3 + given);
    CHECK(std::any_of(others.begin(), others.end(), [&target = target](const auto& start) {
      return startsWith(target, start);
    }));
  }
  CAPTURE(made);
  CHECK(sockets.count(made) == 1);
}

// Sockets and pipes that two processes both hold.
Names shared(pid_t one, pid_t other) {
  Names both, targets;
  const auto first = descriptorsOf(one), second = descriptorsOf(other);
  if (!first || !second) return both;
  for (const auto& [fd, target] : *first) targets.insert(target);
  for (const auto& [fd, target] : *second)
    if ((startsWith(target, "socket:") || startsWith(target, "pipe:")) && targets.count(target) > 0)
      both.insert(target);
  return both;
}

void checkEnvironment(pid_t pid, const Names& expected) {
  if (!mayLookInto(pid)) return;
  Names names;
  const auto variables = environmentOf(pid).value();
  for (const auto& variable : variables) names.insert(variable.substr(0, variable.find('=')));
  CHECK(names == expected);
}

// After the program's own name, which is checked to be a product's.
void checkArguments(pid_t pid, const std::string& program, const List& expected) {
  auto arguments = argumentsOf(pid);
  REQUIRE(!arguments.empty());
  CHECK(arguments.front() == program);
  arguments.erase(arguments.begin());
  CHECK(arguments == expected);
}

pid_t engine() { return broker().pidOf("renderer main"); }
pid_t bubblewrap() { return parentOf(parentOf(engine())); }

const List PROCESSES{"vault", "net", "prompt", "frame main"};
const List LOOP{"anon_inode:[eventpoll]", "anon_inode:[signalfd]", "anon_inode:[eventfd]"};
const Names DISPLAY{"DISPLAY", "XAUTHORITY", "QT_QPA_PLATFORM", "LANG"};

}  // namespace

TEST_CASE("the vault holds its folder and the link to the prompt beside what it was given") {
  auto others = LOOP;
  others.push_back((broker().state() / "vault").string());
  checkDescriptors(broker().pidOf("vault"), 1, others, {1});
}

TEST_CASE("net holds nothing but its broker's socket and its own loop") {
  // libcurl wakes itself up by a pair of sockets, and from 8.x on by an eventfd.
  checkDescriptors(broker().pidOf("net"), 1, LOOP, {0, 2});
}

TEST_CASE("the prompt holds its display beside what it was given") {
  checkDescriptors(broker().pidOf("prompt"), 2, LOOP, {1});
}

TEST_CASE("the frame holds its display and one compositor's connection, without a name on disk") {
  const auto frame = broker().pidOf("frame main");
  if (!mayLookInto(frame)) return;
  const auto found = *descriptorsOf(frame);
  const auto local = localSockets();
  CHECK(startsWith(found.at(3), "socket:"));
  for (const auto& [fd, target] : found) {
    if (fd < 3) continue;
    CAPTURE(fd);
    CAPTURE(target);
    const bool socket = local.count(target) == 1;
    const bool loop = std::count(LOOP.begin(), LOOP.end(), target) == 1;
    // Pools and key tables are shared with the renderer as files without a name.
    const bool nameless = target.size() > 10 && target.substr(target.size() - 10) == " (deleted)";
    CHECK((socket || loop || nameless));
  }
}

TEST_CASE("the renderer holds session and display, and what the engine makes inside the cage") {
  const auto found = descriptorsOf(engine());
  REQUIRE(found);
  CHECK(found->at(0) == "/dev/null");
  CHECK(startsWith(found->at(1), "pipe:"));
  CHECK(found->at(2) == found->at(1));
  CHECK(startsWith(found->at(3), "socket:"));
  CHECK(startsWith(found->at(4), "socket:"));
  const auto outside = localSockets();
  for (const auto& [fd, target] : *found) {
    if (fd < 5) continue;
    CAPTURE(fd);
    CAPTURE(target);
    CHECK(outside.count(target) == 0);  // its own pairs are of its own network namespace
    CHECK((startsWith(target, "socket:") || startsWith(target, "pipe:") ||
           startsWith(target, "anon_inode:") || startsWith(target, "/dev/shm/") ||
           startsWith(target, "/usr/share/") || startsWith(target, "/memfd:") ||
           target == "/dev/urandom" || startsWith(target, "/home/user/") ||
           startsWith(target, "/tmp/")));
  }
}

TEST_CASE("no two processes share a socket; the broker reads a log pipe of each, and that is all") {
  std::map<std::string, pid_t> pids{{"renderer main", engine()}};
  for (const auto& name : PROCESSES) pids[name] = broker().pidOf(name);
  for (const auto& [name, pid] : pids) {
    if (!mayLookInto(pid) || !mayLookInto(broker().pid())) continue;
    CAPTURE(name);
    CHECK(shared(broker().pid(), pid) == Names{descriptorsOf(pid)->at(1)});
    for (const auto& [otherName, other] : pids) {
      if (other == pid) continue;
      CAPTURE(otherName);
      CHECK(shared(pid, other).empty());
    }
    CHECK(shared(broker().spawner(), pid).empty());
  }
}

TEST_CASE("the spawner keeps no socket of a child and no file of the broker") {
  const auto spawner = broker().spawner();
  if (!mayLookInto(spawner)) return;
  std::size_t sockets = 0;
  const auto held = *descriptorsOf(spawner);
  for (const auto& [fd, target] : held) {
    if (fd == 1 || fd == 2) continue;  // the broker's own, for the spawner's last words
    CAPTURE(fd);
    CAPTURE(target);
    if (startsWith(target, "socket:"))
      ++sockets;
    else
      CHECK((target == "/dev/null" || startsWith(target, "anon_inode:[")));
  }
  CHECK(sockets == 2);  // the broker and the starter
}

TEST_CASE("each environment holds the names that its kind needs, and no other") {
  checkEnvironment(broker().pidOf("vault"), {});
  checkEnvironment(broker().pidOf("net"), {});
  checkEnvironment(broker().pidOf("prompt"), DISPLAY);
  checkEnvironment(broker().pidOf("frame main"), DISPLAY);
  checkEnvironment(bubblewrap(), {});
  checkEnvironment(parentOf(engine()), {});
  checkEnvironment(engine(),
                   {"HOME",
                    "LANG",
                    "XDG_RUNTIME_DIR",
                    "WAYLAND_SOCKET",
                    "QT_QPA_PLATFORM"});
}

TEST_CASE("each command line is the kind's own; the renderer's says nothing of app, page or user") {
  checkArguments(broker().pidOf("vault"),
                 binary("sallyport-vault"),
                 {"--state", (broker().state() / "vault").string(), "--test-fast-kdf"});
  checkArguments(broker().pidOf("net"), binary("sallyport-net"), {});
  checkArguments(
      broker().pidOf("prompt"),
      binary("sallyport-display"),
      {"--role", "prompt", "--prompt-script", (broker().folder() / "prompt.jsonl").string()});
  checkArguments(broker().pidOf("frame main"),
                 binary("sallyport-display"),
                 {"--role", "frame", "--label", "main"});
  checkArguments(bubblewrap(), "/usr/bin/bwrap", {"--args", "5", "--", "/app/bin/sallyport-cage"});
  checkArguments(engine(), "/app/bin/sallyport-renderer", {});
}

TEST_CASE("nobody listens but the admin socket and the virtual display") {
  const auto listening = listeningLocalSockets();
  std::map<std::string, std::string> owners;  // path -> command
  auto everyone = descendantsOf(broker().pid());
  everyone.push_back(broker().pid());
  for (const pid_t pid : everyone) {
    const auto held = descriptorsOf(pid);
    if (!held) continue;
    for (const auto& [fd, target] : *held) {
      if (!startsWith(target, "socket:[")) continue;
      const auto found = listening.find(target.substr(8, target.size() - 9));
      if (found != listening.end()) owners[found->second] += commandName(pid);
    }
    // The engine's namespace is its own.
    CHECK(listeningLocalSockets(pid).size() <= listening.size());
  }
  CHECK(listeningLocalSockets(engine()).empty());
  CHECK(!listensOnTcp(engine()));
  std::size_t admin = 0;
  for (const auto& [path, owner] : owners) {
    CAPTURE(path);
    if (path == (broker().runtime() / "admin.sock").string()) {
      ++admin;
      CHECK(owner == "sallyportd");
    } else {
      CHECK(owner == "Xvfb");
    }
  }
  if (mayLookInto(broker().pid())) CHECK(admin == 1);
  CHECK(fs::status(broker().runtime() / "admin.sock").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(broker().runtime()).permissions() == fs::perms::owner_all);
  CHECK(fs::status(broker().state()).permissions() == fs::perms::owner_all);
}

TEST_CASE("the doctor finds every assertion of every cage to hold, and names what is degraded") {
  const auto answer = broker().cli({"doctor"});
  CAPTURE(answer.output);
  CHECK(answer.code <= 1);
  CHECK(answer.output.find("FAILED") == std::string::npos);
  for (const auto* subject :
       {"broker", "spawner", "vault", "net", "prompt", "frame main", "renderer main"}) {
    CAPTURE(subject);
    CHECK(answer.output.find(std::string(" ") + subject + " ") != std::string::npos);
  }
  CHECK(broker().end() == 0);
  CHECK(broker().leftovers().empty());
}

}  // namespace sallyport::test
