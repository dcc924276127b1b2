// The real chooser under Xvfb: by script, by hand, and by a broker that goes away.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "proto/chooser.capnp.h"
#include "tests/broker/display/prompt-fixture.h"

namespace sallyport::display::test {
namespace {

using Kind = proto::FileQuestion::Kind;
using Answer = capnp::Response<proto::Chooser::ChooseResults>;
// As xdotool searches: a dot for each bracket.
constexpr const char* OPEN_TITLE = "Sallyport: Pick a file that Notes .main. may read";

struct ChooserFixture {
  explicit ChooserFixture(const std::string& script = "")
      : directory(tempDirectory()),
        pair(socketPair()),
        log(pipePair()),
        process(request(script)),
        broker(std::make_unique<Link>((closeTheirs(), loop), kj::mv(pair.ours))),
        reports(loop, kj::mv(log.ours)),
        chooser(broker->rpc.bootstrap().castAs<proto::Chooser>()) {
    std::ofstream(directory + "/letter.txt") << "dear";
    std::ofstream(directory + "/other.txt") << "other";
  }

  auto ask(Kind kind, const char* suggested = "") {
    auto call = chooser.chooseRequest();
    auto question = call.initQuestion();
    question.setApp("Notes");
    question.setWindow("main");
    question.setKind(kind);
    question.setSuggestedName(suggested);
    return call.send();
  }
  kj::WaitScope& scope() { return loop.io.waitScope; }
  int descriptorOf(proto::PickedFile::Reader file) {
    const auto fd = file.getFile().getFd().wait(scope());
    KJ_IF_MAYBE (number, fd) return *number;
    return -1;
  }

  Loop loop;
  std::string directory;
  Pair pair, log;
  Child process;
  std::unique_ptr<Link> broker;
  Reports reports;
  proto::Chooser::Client chooser;

 private:
  SpawnRequest request(const std::string& script) {
    auto environment = VirtualScreen::the().environment();
    environment["HOME"] = directory;
    SpawnRequest spawn{{displayBinary(), "--role", "chooser"},
                       environment,
                       {{2, log.theirs.get()}, {3, pair.theirs.get()}}};
    if (!script.empty()) {
      spawn.arguments.push_back("--prompt-script");
      auto text = script;
      for (auto at = text.find("@/"); at != std::string::npos; at = text.find("@/"))
        text.replace(at, 1, directory);
      spawn.arguments.push_back(scriptFile(directory, text));
    }
    return spawn;
  }
  void closeTheirs() {
    pair.theirs = nullptr;
    log.theirs = nullptr;
  }
};

}  // namespace

TEST_CASE("what the user picks comes as opened files, to read and no more") {
  ChooserFixture f(R"({"expect": "chooseOpen", "answer": ["@/letter.txt", "@/other.txt"]})");
  const auto answer = f.ask(Kind::OPEN_MANY).wait(f.scope());
  REQUIRE(answer.getFiles().size() == 2);
  CHECK(std::string(answer.getFiles()[0].getName().cStr()) == "letter.txt");
  const int fd = f.descriptorOf(answer.getFiles()[0]);
  REQUIRE(fd >= 0);
  CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
  char text[8] = {};
  CHECK(pread(fd, text, sizeof text, 0) == 4);
  CHECK(std::string(text) == "dear");
}

TEST_CASE("a file to save is made for the user alone") {
  ChooserFixture f(R"({"expect": "chooseSave", "answer": "@/new.txt"})");
  const auto saved = f.ask(Kind::SAVE, "suggested.txt").wait(f.scope());
  REQUIRE(saved.getFiles().size() == 1);
  CHECK(std::string(saved.getFiles()[0].getName().cStr()) == "new.txt");
  const int fd = f.descriptorOf(saved.getFiles()[0]);
  CHECK(pwrite(fd, "x", 1, 0) == 1);
  struct stat status {};
  REQUIRE(stat((f.directory + "/new.txt").c_str(), &status) == 0);
  CHECK(status.st_size == 1);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file to edit can be read and written") {
  ChooserFixture f(R"({"expect": "chooseOpen", "answer": "@/letter.txt"})");
  const auto edited = f.ask(Kind::EDIT).wait(f.scope());
  REQUIRE(edited.getFiles().size() == 1);
  CHECK((fcntl(f.descriptorOf(edited.getFiles()[0]), F_GETFL) & O_ACCMODE) == O_RDWR);
}

TEST_CASE("the dialog says whose it is, closes by Escape, and then nothing was picked") {
  ChooserFixture f;
  auto answer = f.ask(Kind::OPEN);
  auto& screen = VirtualScreen::the();
  REQUIRE(f.loop.until([&] { return !screen.isNot(OPEN_TITLE); }));
  REQUIRE(f.loop.until([&] {
    screen.xdotool({"key", "Escape"});  // the first may come before the window has the focus
    return answer.poll(f.scope());
  }));
  CHECK(answer.wait(f.scope()).getFiles().size() == 0);
}

TEST_CASE("a dropped question takes the dialog along, and a broker that goes ends the process") {
  ChooserFixture f;
  auto& screen = VirtualScreen::the();
  {
    auto answer = f.ask(Kind::OPEN);
    REQUIRE(f.loop.until([&] { return !screen.isNot(OPEN_TITLE); }));
  }
  CHECK(f.loop.until([&] { return screen.isNot(OPEN_TITLE); }));
  CHECK(f.process.running());
  f.broker = nullptr;
  CHECK(f.process.wait() == 0);
}

TEST_CASE("a folder, a pipe and what is not there are not handed over") {
  ChooserFixture f(R"({"expect": "chooseOpen", "answer": "@/pipe"})");
  REQUIRE(mkfifo((f.directory + "/pipe").c_str(), 0600) == 0);
  CHECK(f.ask(Kind::OPEN).wait(f.scope()).getFiles().size() == 0);
}

}  // namespace sallyport::display::test
