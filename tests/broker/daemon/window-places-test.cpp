#include "broker/daemon/window-places.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <sys/stat.h>

#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

constexpr auto MAXIMIZED = proto::WindowState::MAXIMIZED;
constexpr auto NORMAL = proto::WindowState::NORMAL;

struct PlacesFixture : TestFolder {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  std::filesystem::path file = path() / "windows.json";

  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    scope.poll();
  }
  std::string text() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_CASE_FIXTURE(PlacesFixture,
                  "what was put is found after the next start, in a file of the user's own") {
  {
    WindowPlaces places(file, timer, journal);
    CHECK_FALSE(places.find("main").has_value());
    places.put("main", {640, 480, {{-5, 7}}, MAXIMIZED});
    places.put("side", {300, 200, {}, NORMAL});
    places.writeNow();
  }
  struct stat facts {};
  REQUIRE(stat(file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  const WindowPlaces places(file, timer, journal);
  CHECK(places.find("main") == WindowPlace{640, 480, {{-5, 7}}, MAXIMIZED});
  CHECK(places.find("side") == WindowPlace{300, 200, {}, NORMAL});
  CHECK(pipe.text().empty());
}

TEST_CASE_FIXTURE(PlacesFixture,
                  "a window that is dragged is written once a second, and not without a change") {
  WindowPlaces places(file, timer, journal);
  for (std::int32_t x = 0; x < 50; ++x) places.put("main", {640, 480, {{x, 0}}, NORMAL});
  pass(999 * kj::MILLISECONDS);
  CHECK(text().empty());
  pass(1 * kj::MILLISECONDS);
  CHECK(text() == "{\"main\":{\"width\":640,\"height\":480,\"x\":49,\"y\":0}}\n");
  std::filesystem::remove(file);
  places.put("main", {640, 480, {{49, 0}}, NORMAL});
  pass(2 * kj::SECONDS);
  CHECK(text().empty());
  places.put("main", {641, 480, {{49, 0}}, NORMAL});
  pass(1 * kj::SECONDS);
  CHECK(text().find("641") != std::string::npos);
}

TEST_CASE_FIXTURE(PlacesFixture,
                  "neither a hidden window nor one that fills the screen comes back so") {
  WindowPlaces places(file, timer, journal);
  for (const auto state : {proto::WindowState::MINIMIZED, proto::WindowState::FULLSCREEN}) {
    places.put("main", {640, 480, {}, state});
    CHECK(places.find("main")->state == NORMAL);
  }
}

TEST_CASE_FIXTURE(PlacesFixture,
                  "a file that is broken, too large or not a file is noted and replaced") {
  const std::string large(WindowPlaces::MAX_FILE_BYTES + 1, ' ');
  for (const std::string& content : {std::string("{"), std::string("[]"), large}) {
    write("windows.json", content);
    const auto before = pipe.count("cannot be read");
    WindowPlaces places(file, timer, journal);
    CHECK(pipe.count("cannot be read") == before + 1);
    places.put("main", {640, 480, {}, NORMAL});
    places.writeNow();
    CHECK(text().find("640") != std::string::npos);
  }
  std::filesystem::remove(file);
  const auto elsewhere = write("elsewhere.json", R"({"main":{"width":640,"height":480}})");
  std::filesystem::create_symlink(elsewhere, file);
  WindowPlaces places(file, timer, journal);
  CHECK_FALSE(places.find("main").has_value());
  places.put("main", {900, 480, {}, NORMAL});
  places.writeNow();
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(file)));
  std::ifstream in(elsewhere);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}).find("640") != std::string::npos);
}

TEST_CASE_FIXTURE(PlacesFixture, "rows that no window can have are left out, the others hold") {
  write("windows.json", R"({"a":{"width":199,"height":300},"b":{"width":300},"c":7,
    "d":{"width":300.5,"height":300},"e":{"width":9000,"height":300},
    "f":{"width":300,"height":300,"x":40000,"y":1,"maximized":"yes"},
    "g":{"width":300,"height":301,"x":1,"y":2}})");
  const WindowPlaces places(file, timer, journal);
  for (const char* label : {"a", "b", "c", "d", "e"}) CHECK_FALSE(places.find(label).has_value());
  CHECK(places.find("f") == WindowPlace{300, 300, {}, NORMAL});
  CHECK(places.find("g") == WindowPlace{300, 301, {{1, 2}}, NORMAL});
}

TEST_CASE_FIXTURE(PlacesFixture, "a bounded number of windows is kept") {
  WindowPlaces places(file, timer, journal);
  for (std::size_t i = 0; i <= WindowPlaces::MAX_WINDOWS; ++i)
    places.put("window-" + std::to_string(i), {8192, 8192, {{-32767, -32767}}, MAXIMIZED});
  places.writeNow();
  CHECK(places.find("window-0").has_value());
  CHECK_FALSE(places.find("window-" + std::to_string(WindowPlaces::MAX_WINDOWS)).has_value());
  CHECK(text().size() < WindowPlaces::MAX_FILE_BYTES);
}

TEST_CASE_FIXTURE(PlacesFixture, "a folder that cannot be written is noted, and nothing else") {
  WindowPlaces places(path() / "missing" / "windows.json", timer, journal);
  places.put("main", {640, 480, {}, NORMAL});
  places.writeNow();
  CHECK(pipe.has("cannot be written"));
  CHECK(places.find("main").has_value());
}

}  // namespace
}  // namespace sallyport::daemon
