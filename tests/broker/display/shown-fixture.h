// A frame that shows its renderer's picture, in the corner of the screen.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/broker/display/frame-fixture.h"

namespace sallyport::display::test {

// Of the picture's halves.
inline constexpr Colour LEFT{200, 30, 40};
inline constexpr Colour RIGHT{30, 160, 60};

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

inline bool picture(Shown& shown) { return shown.screen.at(100, 300).near(LEFT); }

}  // namespace sallyport::display::test
