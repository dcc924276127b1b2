// The real sallyportd with something wrong in its files: it does not start, says where and what to
// write instead, and leaves no process behind.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr const char* APP = R"({
  "identifier": "notes",
  "title": "Notes",
  "windows": [{ "label": "main", "title": "Notes" }],
  "contentSecurityPolicy": "default-src 'none'"
})";

std::string capability(const std::string& permission, const std::string& window = "main") {
  return "{\n  \"identifier\": \"notes-main\",\n  \"windows\": [\"" + window +
         "\"],\n  \"permissions\": [\n    \"core:default\",\n    \"" + permission + "\"\n  ]\n}\n";
}

struct StartFixture {
  fs::path folder;
  std::string said;

  StartFixture() {
    std::string pattern = (fs::temp_directory_path() / "sallyport-start-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = fs::canonical(pattern);
    write("app/app.json", APP);
    write("app/capabilities/main.json", capability("wallet:allow-get-balance"));
    write("app/web/index.html", "<head></head>");
  }
  ~StartFixture() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << content;
  }

  // Its exit code; what it said is in `said`. Everything that held its stderr has ended by then.
  int start(std::vector<std::string> more = {}) {
    std::vector<std::string> words{SALLYPORT_BINARY_DIR "/bin/sallyportd",
                                   "--app-dir",
                                   folder / "app",
                                   "--state",
                                   folder / "state",
                                   "--runtime",
                                   folder / "runtime"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    char* environment[] = {nullptr};
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    pid_t pid = -1;
    REQUIRE(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environment) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    const bool all = readToEnd(ends[0]);
    close(ends[0]);
    if (!all) kill(pid, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK_MESSAGE(all, "something still holds stderr: ", said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void refused(std::initializer_list<std::string_view> parts) {
    CHECK(start() == 1);
    for (const auto part : parts) CHECK_MESSAGE(said.find(part) != std::string::npos, said);
    CHECK_MESSAGE(said.rfind("sallyportd: ", 0) == 0, said);
    CHECK_FALSE(fs::exists(folder / "runtime" / "admin.sock"));
    CHECK_FALSE(fs::exists(folder / "state" / "vault"));
  }

 private:
  bool readToEnd(int fd) {
    said.clear();
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          late - std::chrono::steady_clock::now());
      pollfd ready{fd, POLLIN, 0};
      if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
      char buffer[4096];
      const ssize_t count = read(fd, buffer, sizeof(buffer));
      if (count <= 0) return count == 0;
      said.append(buffer, static_cast<std::size_t>(count));
    }
  }
};

TEST_CASE_FIXTURE(
    StartFixture,
    "a permission with a typing error stops the start, with its place and the right name") {
  write("app/capabilities/main.json", capability("wallet:allow-get-balanc"));
  refused({"app/capabilities/main.json:6:5: unknown permission `wallet:allow-get-balanc`",
           "Fix: did you mean `wallet:allow-get-balance`?"});
}

TEST_CASE_FIXTURE(StartFixture, "a grant of a command that does not exist stops the start") {
  write("app/capabilities/main.json", capability("wallet:allow-sign-everything"));
  refused({"app/capabilities/main.json:6:5: unknown permission `wallet:allow-sign-everything`"});
  write("app/capabilities/main.json", capability("shell:allow-execute"));
  refused({"app/capabilities/main.json:6:5: "});
}

TEST_CASE_FIXTURE(StartFixture, "a grant for a window that cannot exist stops the start") {
  write("app/capabilities/main.json", capability("wallet:default", "mian"));
  refused({"app/capabilities/main.json:3:15: ", "`main`"});
}

TEST_CASE_FIXTURE(StartFixture, "a field of app.json with a typing error stops the start") {
  std::string app = APP;
  app.replace(app.find("\"windows\""), 9, "\"window\"");
  write("app/app.json", app);
  refused({"app/app.json:4:3: an app has no field `window`. Fix: did you mean `windows`?"});
}

TEST_CASE_FIXTURE(StartFixture, "a broken capability file stops the start") {
  write("app/capabilities/other.json", "{ \"identifier\": ");
  refused({"app/capabilities/other.json:1:"});
  fs::remove_all(folder / "app" / "capabilities");
  refused({"app/capabilities: is missing"});
}

TEST_CASE_FIXTURE(StartFixture, "an app without its files stops the start") {
  fs::remove(folder / "app" / "web" / "index.html");
  refused({"app/web: has no index.html"});
  fs::create_symlink("/etc/passwd", folder / "app" / "web" / "index.html");
  refused({"app/web/index.html: is a link"});
  fs::remove(folder / "app" / "app.json");
  refused({"app/app.json", "is missing"});
}

TEST_CASE_FIXTURE(StartFixture, "a state folder that others can read stops the start") {
  fs::create_directory(folder / "state");
  REQUIRE(chmod((folder / "state").c_str(), 0755) == 0);
  refused({"state: others have access. Fix: chmod 700 "});
}

TEST_CASE_FIXTURE(StartFixture, "a state folder that another broker uses stops the start") {
  REQUIRE(mkdir((folder / "state").c_str(), 0700) == 0);
  const int lock = open((folder / "state" / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  refused({"state: another broker uses this state folder"});
  close(lock);
}

TEST_CASE_FIXTURE(StartFixture, "without a display the start stops and says what to do") {
  refused({"no display: neither WAYLAND_DISPLAY nor DISPLAY is set. Fix: ", "--headless"});
}

TEST_CASE_FIXTURE(StartFixture, "a vault that refuses its folder stops the start, by its name") {
  REQUIRE(mkdir((folder / "state").c_str(), 0700) == 0);
  REQUIRE(mkdir((folder / "state" / "vault").c_str(), 0700) == 0);
  REQUIRE(chmod((folder / "state" / "vault").c_str(), 0755) == 0);
  CHECK(start({"--headless"}) == 1);
  for (const char* part :
       {"the state folder's mode is not 0700",
        "sallyportd: cannot go on: vault does not start; the lines above say why"})
    CHECK_MESSAGE(said.find(part) != std::string::npos, said);
  CHECK_FALSE(fs::exists(folder / "runtime" / "admin.sock"));
}

TEST_CASE_FIXTURE(StartFixture, "there is no option that turns the sandbox off") {
  for (const char* option : {"--no-sandbox", "--disable-sandbox", "--unsafe"}) {
    CHECK(start({option}) != 0);
    CHECK_MESSAGE(said.find(option) != std::string::npos, said);
  }
}

}  // namespace
}  // namespace sallyport
