// The real frame under Xvfb, with a real Wayland client as its renderer and the test as its broker.
#include <doctest/doctest.h>

#include "tests/broker/display/frame-fixture.h"

namespace sallyport::display::test {
namespace {

constexpr Colour LEFT{200, 30, 40};
constexpr Colour RIGHT{30, 160, 60};

struct Shown {
  Shown() {
    frame.open();
    renderer = std::make_unique<RendererFixture>(frame);
    REQUIRE(frame.loop.until([this] { return frame.counts.firstFrame == 1; }));
    window = screen.window("Wallet · main");
    screen.xdotool({"windowmove", window, "0", "0"});
    REQUIRE(frame.loop.until([this] { return screen.at(100, 300).near(LEFT); }));
  }
  Reports& reports() { return renderer->reports; }

  VirtualScreen& screen = VirtualScreen::the();
  FrameFixture frame;
  std::unique_ptr<RendererFixture> renderer;
  std::string window;
};

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

TEST_CASE("a select box opens as a popup, takes a choice and closes on a click outside") {
  Shown shown;
  shown.screen.xdotool({"mousemove", "60", "35", "click", "1"});
  // The list covers what was the window's own colour.
  REQUIRE(shown.frame.loop.until([&] { return !shown.screen.at(60, 70).near(LEFT); }));
  shown.screen.xdotool({"mousemove", "60", "65", "sleep", "0.3", "click", "1"});
  CHECK_FALSE(shown.reports().expect("select").empty());
  REQUIRE(shown.frame.loop.until([&] { return shown.screen.at(60, 70).near(LEFT); }));
  shown.screen.xdotool({"mousemove", "60", "35", "click", "1"});
  REQUIRE(shown.frame.loop.until([&] { return !shown.screen.at(60, 70).near(LEFT); }));
  shown.reports().forget();
  shown.screen.xdotool({"mousemove", "400", "400", "click", "1"});
  CHECK(shown.frame.loop.until([&] { return shown.screen.at(60, 70).near(LEFT); }));
  CHECK_FALSE(shown.reports().contains("press"));
}

}  // namespace sallyport::display::test
