// The real frame under Xvfb, with a real Wayland client as its renderer and the test as its broker.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/broker/display/shown-fixture.h"

namespace sallyport::display::test {
namespace {

std::set<std::string> socketInodes(pid_t pid) {
  std::set<std::string> inodes;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.rfind("socket:[", 0) == 0) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

// Lines of /proc/net/unix whose flags say that somebody listens (__SO_ACCEPTCON).
std::vector<std::string> listeningSockets() {
  std::vector<std::string> listening;
  std::ifstream table("/proc/net/unix");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags;
    fields >> number >> references >> protocol >> flags;
    if (flags == "00010000") listening.push_back(line);
  }
  return listening;
}

std::string inodeOf(const std::string& line) {
  std::istringstream fields(line);
  std::string field;
  for (int i = 0; i < 7; ++i) fields >> field;
  return field;
}

}  // namespace

TEST_CASE("a frame shows its renderer's pixels in the size of the host window") {
  Shown shown;
  CHECK(shown.screen.at(100, 300).near(LEFT));
  CHECK(shown.screen.at(500, 300).near(RIGHT));
  CHECK_FALSE(shown.reports().expect("size 640 480").empty());
}

TEST_CASE("mouse, wheel and keyboard arrive where the user meant them") {
  Shown shown;
  shown.screen.xdotool({"mousemove", "100", "300", "click", "1"});
  CHECK(shown.reports().expect("press") == "press 100 300 1");
  CHECK(shown.reports().expect("release") == "release 100 300");
  shown.screen.xdotool({"click", "4"});
  CHECK(shown.reports().expect("wheel") == "wheel 0 120");
  shown.screen.xdotool({"click", "5"});
  CHECK(shown.reports().expect("wheel") == "wheel 0 -120");
  shown.screen.xdotool({"windowfocus", "--sync", shown.window, "key", "a", "shift+b"});
  CHECK(shown.reports().expect("key") == "key a");
  CHECK_FALSE(shown.reports().expect("key B").empty());
}

TEST_CASE("a new size of the host window reaches the renderer and the broker") {
  Shown shown;
  shown.screen.xdotool({"windowsize", "--sync", shown.window, "800", "500"});
  CHECK_FALSE(shown.reports().expect("size 800 500").empty());
  CHECK(shown.frame.loop.until(
      [&] { return shown.frame.counts.width == 800 && shown.frame.counts.height == 500; }));
  CHECK(shown.frame.loop.until([&] { return shown.screen.at(700, 450).near(RIGHT); }));
}

namespace {

// The list covers some of what is the window's own colour; how much depends on the fonts, and where
// it lies on the choice that was made before.
bool listIsOpen(Shown& shown) {
  for (int y = 60; y <= 120; y += 5)
    if (!shown.screen.at(60, y).near(LEFT)) return true;
  return false;
}

}  // namespace

TEST_CASE("the broker places the window, and hears where it is and whether it has the focus") {
  Shown shown;
  auto& counts = shown.frame.counts;
  const auto setBounds = [&](int width, int height, int x, int y) {
    auto request = shown.frame.frame.setBoundsRequest();
    auto place = request.initPlace();
    place.setWidth(static_cast<uint16_t>(width));
    place.setHeight(static_cast<uint16_t>(height));
    place.setHasPosition(true);
    place.setX(x);
    place.setY(y);
    request.send().wait(shown.frame.loop.io.waitScope);
  };
  setBounds(500, 400, 120, 90);
  CHECK(shown.frame.loop.until([&] { return counts.width == 500 && counts.x == 120; }));
  CHECK(counts.hasPosition);
  CHECK(counts.height == 400);
  CHECK(counts.y == 90);
  CHECK(counts.state == proto::WindowState::NORMAL);
  CHECK(shown.screen.geometry(shown.window).x == 120);
  setBounds(1, 60'000, 20'000, 20'000);  // bounded, and not out of sight
  CHECK(shown.frame.loop.until([&] { return counts.width == 200 && counts.height == 8192; }));
  CHECK(counts.x == 120);
  shown.screen.xdotool({"windowfocus", "--sync", shown.window});
  CHECK(shown.frame.loop.until([&] { return counts.focused; }));
}

TEST_CASE("a window fills the screen for the user's click only, and a click opens one thing") {
  Shown shown;
  const auto fills = [&] {
    auto request = shown.frame.frame.setStateRequest();
    request.setState(proto::WindowState::FULLSCREEN);
    return request.send().wait(shown.frame.loop.io.waitScope).getDone();
  };
  const auto gesture = [&] {
    return shown.frame.frame.takeGestureRequest()
        .send()
        .wait(shown.frame.loop.io.waitScope)
        .getGiven();
  };
  shown.screen.xdotool({"windowfocus", "--sync", shown.window});
  REQUIRE_FALSE(shown.reports().expect("focus in").empty());
  CHECK_FALSE(fills());
  CHECK_FALSE(gesture());
  shown.screen.xdotool({"mousemove", "100", "300", "click", "1"});
  REQUIRE_FALSE(shown.reports().expect("release").empty());
  CHECK(fills());
  CHECK(gesture());
  CHECK_FALSE(gesture());
  CHECK_FALSE(fills());
}

TEST_CASE("a select box opens as a popup, takes a choice and closes on a click outside") {
  Shown shown;
  shown.screen.xdotool({"mousemove", "60", "35", "click", "1"});
  REQUIRE(shown.frame.loop.until([&] { return listIsOpen(shown); }));
  shown.screen.xdotool({"mousemove", "60", "65", "sleep", "0.3", "click", "1"});
  CHECK_FALSE(shown.reports().expect("select").empty());
  REQUIRE(shown.frame.loop.until([&] { return !listIsOpen(shown); }));
  shown.screen.xdotool({"mousemove", "60", "35", "click", "1"});
  REQUIRE(shown.frame.loop.until([&] { return listIsOpen(shown); }));
  shown.reports().forget();
  shown.screen.xdotool({"mousemove", "400", "400", "click", "1"});
  CHECK(shown.frame.loop.until([&] { return !listIsOpen(shown); }));
  CHECK_FALSE(shown.reports().contains("press"));
}

TEST_CASE("an open select box closes when the window loses the focus, and on Escape") {
  Shown shown;
  for (const bool escape : {true, false}) {
    shown.screen.xdotool(
        {"windowfocus", "--sync", shown.window, "mousemove", "60", "35", "click", "1"});
    REQUIRE(shown.frame.loop.until([&] { return listIsOpen(shown); }));
    if (escape) {
      shown.screen.xdotool({"key", "Escape"});
    } else {
      Child other({{SALLYPORT_BINARY_DIR "/tests-bin/display_renderer_fake"},
                   shown.screen.environment(),
                   {}});
      const auto window = shown.screen.window("Renderer fake");
      shown.screen.xdotool(
          {"windowmove", "--sync", window, "700", "500", "windowfocus", "--sync", window});
      CHECK(shown.frame.loop.until([&] { return !listIsOpen(shown); }));
    }
    CHECK(shown.frame.loop.until([&] { return !listIsOpen(shown); }));
  }
}

TEST_CASE("a second renderer takes the first one's place in the same window") {
  Shown shown;
  RendererFixture second(shown.frame, "#2040d0");
  REQUIRE(shown.frame.loop.until([&] { return shown.frame.counts.firstFrame == 2; }));
  CHECK(shown.frame.loop.until([&] { return shown.screen.at(500, 300).near({0x20, 0x40, 0xd0}); }));
  CHECK(shown.screen.window("Wallet · main") == shown.window);
  CHECK(shown.frame.loop.until([&] { return !shown.renderer->process.running(); }));
  CHECK(shown.frame.counts.rendererGone == 0);  // the broker did it, it need not be told
}

TEST_CASE("a renderer that waits takes the place of another that died, at its turn") {
  Shown shown;
  RendererFixture spare(shown.frame, "#2040d0", RendererFixture::Window::AT_ITS_TURN);
  REQUIRE_FALSE(spare.reports.expect("waits").empty());
  shown.screen.xdotool({"mousemove", "100", "300", "click", "1", "key", "a"});
  REQUIRE_FALSE(shown.reports().expect("key a").empty());
  CHECK_FALSE(spare.reports.contains("press"));
  CHECK_FALSE(spare.reports.contains("key"));
  shown.renderer.reset();
  REQUIRE(shown.frame.loop.until([&] { return shown.frame.counts.rendererGone == 1; }));
  CHECK(shown.frame.showPrepared());
  spare.opensItsWindow();
  CHECK(shown.frame.loop.until([&] { return shown.screen.at(500, 300).near({0x20, 0x40, 0xd0}); }));
  CHECK(shown.frame.loop.until([&] { return shown.frame.counts.firstFrame == 2; }));
  CHECK_FALSE(shown.frame.showPrepared());  // nobody waits
}

TEST_CASE("a renderer that waits and leaves, or makes a window, is gone; nobody else notices") {
  Shown shown;
  {
    RendererFixture left(shown.frame, "#2040d0", RendererFixture::Window::AT_ITS_TURN);
    REQUIRE_FALSE(left.reports.expect("waits").empty());
  }
  RendererFixture early(shown.frame, "#2040d0", RendererFixture::Window::AT_ITS_TURN);
  REQUIRE_FALSE(early.reports.expect("waits").empty());
  early.opensItsWindow();
  CHECK(shown.frame.loop.until([&] { return !early.process.running(); }));
  CHECK_FALSE(shown.frame.showPrepared());
  RendererFixture first(shown.frame, "#2040d0", RendererFixture::Window::AT_ITS_TURN);
  REQUIRE_FALSE(first.reports.expect("waits").empty());
  RendererFixture second(shown.frame, "#2040d0", RendererFixture::Window::AT_ITS_TURN);
  CHECK(shown.frame.loop.until([&] { return !first.process.running(); }));  // one may wait
  CHECK(picture(shown));
  CHECK(shown.renderer->process.running());
  CHECK(shown.frame.counts.rendererGone == 0);
}

TEST_CASE("a renderer that dies is reported, its last picture stays dimmed, and the window lives") {
  Shown shown;
  shown.renderer.reset();
  REQUIRE(shown.frame.loop.until([&] { return shown.frame.counts.rendererGone == 1; }));
  REQUIRE(shown.frame.loop.until([&] { return !shown.screen.at(100, 300).near(LEFT); }));
  const auto dimmed = shown.screen.at(100, 300);
  CHECK(dimmed.red > dimmed.green);
  CHECK(dimmed.red < LEFT.red);
  shown.frame.ping();
}

TEST_CASE("the crash page asks for a reload, and a new renderer replaces it") {
  Shown shown;
  shown.renderer.reset();
  auto crash = shown.frame.frame.showCrashRequest();
  crash.setText("The page ended five times within a minute.");
  crash.send().wait(shown.frame.loop.io.waitScope);
  shown.screen.xdotool({"windowfocus", "--sync", shown.window});
  CHECK(shown.frame.loop.until([&] {
    shown.screen.xdotool({"key", "space"});
    return shown.frame.counts.reloadRequested > 0;
  }));
  RendererFixture next(shown.frame);
  CHECK(shown.frame.loop.until([&] { return shown.screen.at(100, 300).near(LEFT); }));
}

void showHang(Shown& shown, bool hung) {
  auto request = shown.frame.frame.showHangRequest();
  request.setHung(hung);
  request.send().wait(shown.frame.loop.io.waitScope);
}

TEST_CASE("the hang page covers the picture, and goes with either button or the broker's word") {
  Shown shown;
  auto& loop = shown.frame.loop;
  REQUIRE(loop.until([&] { return picture(shown); }));
  shown.screen.xdotool({"windowfocus", "--sync", shown.window});
  showHang(shown, true);
  CHECK(loop.until([&] { return !picture(shown); }));
  showHang(shown, false);
  CHECK(loop.until([&] { return picture(shown); }));

  // The key does nothing while the page is not shown, so it may come too early and too often.
  showHang(shown, true);
  CHECK(loop.until([&] {
    shown.screen.xdotool({"key", "alt+w"});
    return shown.frame.counts.waitRequested > 0;
  }));
  CHECK(loop.until([&] { return picture(shown); }));
  CHECK(shown.frame.counts.endRequested == 0);
  showHang(shown, true);
  CHECK(loop.until([&] {
    shown.screen.xdotool({"key", "alt+e"});
    return shown.frame.counts.endRequested > 0;
  }));
  CHECK(loop.until([&] { return picture(shown); }));
  CHECK(shown.frame.counts.endRequested == 1);
  CHECK(shown.frame.counts.waitRequested == 1);
}

TEST_CASE("the hang page goes with its renderer, and does not cover the crash page") {
  Shown shown;
  showHang(shown, true);
  REQUIRE(shown.frame.loop.until([&] { return !picture(shown); }));
  RendererFixture next(shown.frame);
  CHECK(shown.frame.loop.until([&] { return picture(shown); }));

  auto crash = shown.frame.frame.showCrashRequest();
  crash.setText("It has stopped.");
  crash.send().wait(shown.frame.loop.io.waitScope);
  showHang(shown, true);
  shown.screen.xdotool({"windowfocus", "--sync", shown.window});
  CHECK(shown.frame.loop.until([&] {
    shown.screen.xdotool({"key", "alt+e", "key", "space"});
    return shown.frame.counts.reloadRequested > 0;
  }));
  CHECK(shown.frame.counts.endRequested == 0);
}

TEST_CASE("closing the window asks the broker, who closes it") {
  Shown shown;
  shown.screen.closeWindow(shown.window);
  REQUIRE(shown.frame.loop.until([&] { return shown.frame.counts.closeRequested == 1; }));
  CHECK(shown.frame.process.running());
  shown.frame.frame.closeRequest().send().wait(shown.frame.loop.io.waitScope);
  CHECK(shown.frame.loop.until([&] { return !shown.frame.process.running(); }));
}

TEST_CASE("the title is cleaned and always ends with the window's label") {
  Shown shown;
  auto title = shown.frame.frame.setTitleRequest();
  title.setTitle("Sallyport\x01 trusted\xE2\x80\xAE prompt");
  title.send().wait(shown.frame.loop.io.waitScope);
  CHECK(shown.frame.loop.until([&] {
    return !shown.screen.isNot("Sallyport\xEF\xBF\xBD trusted\xEF\xBF\xBD prompt · main");
  }));
}

TEST_CASE("a frame listens on no socket and leaves no file behind") {
  // One that was killed in the middle of its start has left its folder, for a minute at least.
  std::set<std::filesystem::path> before;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    before.insert(entry.path());
  }
  Shown shown;
  const auto inodes = socketInodes(shown.frame.process.pid());
  CHECK_FALSE(inodes.empty());
  for (const auto& line : listeningSockets()) {
    CAPTURE(line);
    CHECK(inodes.count(inodeOf(line)) == 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    const auto name = entry.path().filename().string();
    CAPTURE(name);
    // Another frame may be in the middle of its start; ours is past it.
    if (name.rfind("sallyport-frame-", 0) != 0 || before.count(entry.path()) > 0) continue;
    CHECK(shown.frame.loop.until([&] { return !std::filesystem::exists(entry.path()); }));
  }
}

TEST_CASE("a frame removes what one that was killed in the middle of its start has left") {
  // As it is while a frame starts: a folder with a socket's file, two minutes ago.
  const auto make = [](bool old) {
    std::string path = "/dev/shm/sallyport-frame-testXXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    std::ofstream(path + "/unnamed.lock") << "";
    timespec times[2]{};
    clock_gettime(CLOCK_REALTIME, times);
    times[0].tv_sec -= old ? 120 : 0;
    times[1] = times[0];
    REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    return path;
  };
  const auto left = make(true), young = make(false), held = make(true);
  const int lock = open(held.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  Shown shown;
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(young + "/unnamed.lock"));
  CHECK(std::filesystem::exists(held + "/unnamed.lock"));
  close(lock);
  std::filesystem::remove_all(young);
  std::filesystem::remove_all(held);
}

TEST_CASE("a frame opens once, for its own label, and ends with its broker") {
  FrameFixture frame;
  auto wrong = frame.frame.openRequest();
  wrong.setLabel("other");
  wrong.setEvents(kj::heap<FrameEventsFake>(frame.counts));
  CHECK_THROWS(wrong.send().wait(frame.loop.io.waitScope));
  frame.open();
  CHECK_THROWS(frame.open());
  frame.frame = nullptr;
  frame.link.reset();
  CHECK(frame.loop.until([&] { return !frame.process.running(); }));
}

TEST_CASE("under a Wayland desktop a frame comes up and shows its renderer's first picture") {
  const auto runtime = tempDirectory();
  std::filesystem::permissions(runtime, std::filesystem::perms::owner_all);
  Child weston({{"weston",
                 "--backend=headless-backend.so",
                 "--socket=host",
                 "--no-config",
                 "--idle-time=0",
                 "--log=" + runtime + "/log"},
                {{"XDG_RUNTIME_DIR", runtime}, {"HOME", runtime}, {"PATH", "/usr/bin:/bin"}},
                {}});
  for (int i = 0; i < 500 && !std::filesystem::exists(runtime + "/host"); ++i) usleep(20'000);
  REQUIRE(std::filesystem::exists(runtime + "/host"));
  FrameFixture frame({{"QT_QPA_PLATFORM", "wayland"},
                      {"WAYLAND_DISPLAY", "host"},
                      {"XDG_RUNTIME_DIR", runtime},
                      {"LANG", "C.UTF-8"}});
  frame.open();
  RendererFixture renderer(frame);
  CHECK(frame.loop.until([&] { return frame.counts.firstFrame == 1; }));
  CHECK_FALSE(renderer.reports.expect("painted").empty());
  auto maximize = frame.frame.setStateRequest();
  maximize.setState(proto::WindowState::MAXIMIZED);
  CHECK(maximize.send().wait(frame.loop.io.waitScope).getDone());
  CHECK(frame.loop.until([&] { return frame.counts.state == proto::WindowState::MAXIMIZED; }));
  CHECK(frame.counts.width == 640);  // as it will be again
  CHECK_FALSE(frame.counts.hasPosition);
  frame.frame.closeRequest().send().wait(frame.loop.io.waitScope);
  CHECK(frame.loop.until([&] { return !frame.process.running(); }));
}

}  // namespace sallyport::display::test
