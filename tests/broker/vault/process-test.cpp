#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>

#include "tests/broker/vault/payment.h"
#include "tests/broker/vault/vault-process.h"

namespace sallyport::vault {
namespace {

constexpr const char* PASSPHRASE = "canary horse battery staple";

std::string field(const VaultProcess& vault, const char* file, std::string_view name) {
  std::istringstream lines(vault.proc(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return {};
}

std::string createWallet(VaultProcess& vault) {
  vault.peer->attach();
  vault.peer->person.newPassphrases = {PASSPHRASE};
  const auto [wallet, failure] = vault.peer->createWallet();
  REQUIRE(failure == Failure::NONE);
  return wallet.id;
}

Failure unlock(VaultProcess& vault) {
  vault.peer->attach();
  vault.peer->person.passphrases = {PASSPHRASE};
  return vault.peer->unlock();
}

// What a sibling of the same user gets when it opens a process's memory and attaches to it.
bool siblingMayRead(pid_t target) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(2);
    const std::string path = "/proc/" + std::to_string(target) + "/mem";
    const bool opened = open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0;
    const bool attached = ptrace(PTRACE_ATTACH, target, nullptr, nullptr) == 0;
    _exit(opened || attached ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 2);
  return WEXITSTATUS(status) == 1;
}

// Every readable byte of another process. Needs root; what cannot be read is left out.
bool memoryContains(pid_t pid, std::string_view text) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  const int memory = open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  bool found = false;
  for (std::string line; std::getline(maps, line) && !found;) {
    unsigned long begin = 0, end = 0;
    char mode[5] = {};
    if (sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3 || mode[1] != 'w') continue;
    std::string content(end - begin, '\0');
    const ssize_t got = pread(memory, content.data(), content.size(), static_cast<off_t>(begin));
    if (got <= 0) continue;
    found = content.substr(0, static_cast<std::size_t>(got)).find(text) != std::string::npos;
  }
  close(memory);
  return found;
}

std::string joined(const std::vector<std::string>& words, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + words[i];
  return text;
}

TEST_CASE("the real vault, in its cage, serves a wallet from creation to a signed payment") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder, VaultProcess::Kdf::REAL);
  createWallet(vault);
  vault.peer->lock();
  CHECK(unlock(vault) == Failure::NONE);
  vault.peer->person.typedSeed = {"abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "abandon",
                                  "about"};
  const auto wallet = vault.peer->restoreSeed(nullptr).first;
  auto response = vault.peer->sign(wallet.id, TestPayment(wallet.xpub).bytes()).wait(io.waitScope);
  REQUIRE(response.getResult().isSigned());
  CHECK(vault.peer->person.fee == 1'000);

  CHECK(field(vault, "status", "Seccomp:\t") == "2");
  CHECK(field(vault, "status", "NoNewPrivs:\t") == "1");
  CHECK(field(vault, "status", "CapEff:\t") == "0000000000000000");
  CHECK(vault.peer->status().getStatus().getSecretMemory().size() > 0);
  vault.hangUp();
  const int status = vault.end(0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("keys are in locked memory while unlocked and gone when locked") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder);
  vault.peer->status();
  const long before = std::stol(field(vault, "status", "VmLck:"));
  createWallet(vault);
  const long unlocked = std::stol(field(vault, "status", "VmLck:"));
  CHECK(unlocked >= before + 8);  // database key and record key, a page each
  vault.peer->lock();
  CHECK(std::stol(field(vault, "status", "VmLck:")) <= unlocked - 8);
}

TEST_CASE("a process of the same user can neither read the vault's memory nor attach to it") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder);
  createWallet(vault);
  CHECK_FALSE(siblingMayRead(vault.pid()));
  // The same attempt on an ordinary program works, unless the host forbids it to all (Yama).
  const auto [ours, theirs] = socketPair();
  const pid_t plain = fork();
  if (plain == 0) {
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(2);
    dup2(theirs.get(), 1);
    dup2(theirs.get(), 0);
    execl("/bin/sh", "sh", "-c", "echo; read line", nullptr);
    _exit(127);
  }
  char ready = 0;
  CHECK(read(ours.get(), &ready, 1) == 1);
  std::ifstream yama("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  yama >> scope;
  if (scope == 0) CHECK(siblingMayRead(plain));
  kill(plain, SIGKILL);
  waitpid(plain, nullptr, 0);
}

TEST_CASE("a vault that aborts leaves no core") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder);
  createWallet(vault);
  CHECK(field(vault, "limits", "Max core file size ").find_first_not_of(" 0bytes") ==
        std::string::npos);
  const int status = vault.end(SIGABRT);
  CHECK(WIFSIGNALED(status));
  CHECK_FALSE(WCOREDUMP(status));
}

TEST_CASE("passphrase and seed are in no file, no output, no argument, no environment") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder);
  createWallet(vault);
  const auto words = vault.peer->person.shownSeed;
  REQUIRE(words.size() == 12);
  vault.peer->person.passphrases = {"canary but wrong", PASSPHRASE};
  vault.peer->lock();
  REQUIRE(vault.peer->unlock() == Failure::NONE);
  for (const std::string& canary : {std::string("canary"), joined(words, 12), joined(words, 2)}) {
    CHECK_FALSE(folderContains(folder.path() + "/state", canary));
    const Bytes errors = readFile(VaultProcess::errorsIn(folder));
    CHECK(std::string(errors.begin(), errors.end()).find(canary) == std::string::npos);
    CHECK(vault.proc("cmdline").find(canary) == std::string::npos);
  }
  CHECK(vault.proc("environ").empty());
  CHECK(vault.proc("cmdline").find("--state") != std::string::npos);
}

TEST_CASE("no passphrase and no seed is in the memory that one could read with all powers") {
  if (geteuid() != 0) return;  // nobody else can look
  auto io = kj::setupAsyncIo();
  TempDir folder;
  VaultProcess vault(io, folder);
  createWallet(vault);
  const auto made = vault.peer->person.shownSeed;
  const std::vector<std::string> typed{"legal",
                                       "winner",
                                       "thank",
                                       "year",
                                       "wave",
                                       "sausage",
                                       "worth",
                                       "useful",
                                       "legal",
                                       "winner",
                                       "thank",
                                       "yellow"};
  vault.peer->person.typedSeed = typed;
  REQUIRE(vault.peer->restoreSeed(nullptr).second == Failure::NONE);
  for (const bool locked : {false, true}) {
    if (locked) vault.peer->lock();
    CHECK(memoryContains(vault.pid(), folder.path()));  // the look itself works
    CHECK_FALSE(memoryContains(vault.pid(), "canary horse"));
    for (const auto& words : {made, typed}) {
      // As a sentence in a buffer, and as in a message: padded to eight bytes, one after the other.
      for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        std::string padded = words[i] + std::string(1, '\0');
        padded.resize((padded.size() + 7) / 8 * 8, '\0');
        CHECK_FALSE(memoryContains(vault.pid(), padded + words[i + 1]));
        CHECK_FALSE(memoryContains(vault.pid(), words[i] + " " + words[i + 1]));
      }
    }
  }
}

TEST_CASE("kill -9 in the middle of fifty writes loses none that was acknowledged") {
  auto io = kj::setupAsyncIo();
  TempDir folder;
  std::string id;
  unsigned acknowledged = 0;
  {
    VaultProcess vault(io, folder);
    id = createWallet(vault);
    // A few at a time, so that there are always some that the vault has not answered.
    auto half = kj::newPromiseAndFulfiller<void>();
    unsigned sent = 0;
    std::function<kj::Promise<void>()> writeOn = [&]() -> kj::Promise<void> {
      if (sent == 50) return kj::READY_NOW;
      const unsigned i = sent++;
      auto request = vault.peer->vault.putRecordsRequest();
      request.setWalletId(id.c_str());
      auto list = request.initRecords(3);
      for (unsigned j = 0; j < 3; ++j) {
        list[j].setKey(kj::str("write/", 100 + i, "/", j));
        list[j].setValue(kj::heapArray<kj::byte>(1000));
      }
      return request.send().then([&](auto&& response) {
        REQUIRE(response.getResult().getFailure() == Failure::NONE);
        if (++acknowledged == 20) half.fulfiller->fulfill();
        return writeOn();
      });
    };
    kj::Vector<kj::Promise<void>> pending;
    for (unsigned i = 0; i < 4; ++i) {
      pending.add(writeOn().eagerlyEvaluate([](kj::Exception&&) {}));
    }
    half.promise.wait(io.waitScope);
    vault.end(SIGKILL);
  }
  VaultProcess vault(io, folder);
  REQUIRE(unlock(vault) == Failure::NONE);
  const auto rows = vault.peer->get(id, "write/");
  CHECK(rows.size() >= 3 * acknowledged);
  CHECK(rows.size() % 3 == 0);  // a batch is there or not
  CHECK(rows.size() < 150);     // it was in the middle
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].first == "write/" + std::to_string(100 + i / 3) + "/" + std::to_string(i % 3));
  }
}

TEST_CASE("wrong use, a bad folder and a second vault end with a message and without a vault") {
  TempDir folder;
  const std::string state = VaultProcess::stateIn(folder);
  CHECK(exitCodeOf(folder, {}) == 2);
  CHECK(exitCodeOf(folder, {"--state", state, "--listen"}) == 2);
  CHECK(exitCodeOf(folder, {"--state", "relative"}) == 1);
  auto io = kj::setupAsyncIo();
  VaultProcess vault(io, folder);
  vault.peer->status();
  CHECK(exitCodeOf(folder, {"--state", state}) == 1);
  vault.end(SIGKILL);
  chmod(state.c_str(), 0755);
  CHECK(exitCodeOf(folder, {"--state", state}) == 1);
  const Bytes errors = readFile(VaultProcess::errorsIn(folder));
  const std::string text(errors.begin(), errors.end());
  CHECK(text.find("another vault uses the state folder") != std::string::npos);
  CHECK(text.find("0700") != std::string::npos);
}

}  // namespace
}  // namespace sallyport::vault
