// The real frame, and renderers that attack it over the private display (hostile-client.cpp).
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "tests/broker/display/shown-fixture.h"

namespace sallyport::display::test {
namespace {

long residentKilobytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atol(line.c_str() + 6);
  }
  return 0;
}

}  // namespace

TEST_CASE("a renderer is offered what it needs to draw and nothing else") {
  FrameFixture frame;
  frame.open();
  HostileRenderer renderer(frame, "globals");
  std::set<std::string> offered;
  for (;;) {
    const auto line = renderer.reports.expect("");
    REQUIRE_FALSE(line.empty());
    if (line == "end of globals") break;
    offered.insert(line.substr(line.find(' ') + 1));
  }
  CHECK(offered == std::set<std::string>{"wl_compositor",
                                         "wl_shm",
                                         "wl_seat",
                                         "wl_output",
                                         "xdg_wm_base",
                                         "zxdg_decoration_manager_v1"});
}

TEST_CASE("a renderer that attacks its frame's display is ended, and the frame lives") {
  for (const std::string attack : {"hidden-global",
                                   "surfaces",
                                   "few-surfaces",
                                   "regions",
                                   "callbacks",
                                   "short-stride",
                                   "truncated",
                                   "no-scale",
                                   "huge"}) {
    CAPTURE(attack);
    FrameFixture frame;
    frame.open();
    const auto before = residentKilobytes(frame.process.pid());
    {
      HostileRenderer renderer(frame, attack);
      CHECK_FALSE(renderer.reports.expect("ended").empty());
      CHECK(frame.loop.until([&] { return frame.counts.rendererGone == 1; }));
    }
    frame.ping();
    CHECK(residentKilobytes(frame.process.pid()) - before < 32 * 1024);
    RendererFixture good(frame);
    CHECK(frame.loop.until([&] {
      return frame.counts.firstFrame >= 1 && VirtualScreen::the().at(100, 300).near(LEFT);
    }));
  }
}

TEST_CASE("a renderer that attacks while it waits is ended, and the one that is shown stays") {
  Shown shown;
  for (const std::string attack :
       {"hidden-global", "surfaces", "regions", "callbacks", "truncated"}) {
    CAPTURE(attack);
    HostileRenderer renderer(shown.frame, attack, false);
    CHECK_FALSE(renderer.reports.expect("ended").empty());
  }
  CHECK(picture(shown));
  CHECK(shown.frame.counts.rendererGone == 0);
}

TEST_CASE("a picture is seen wherever its window says that it begins") {
  FrameFixture frame;
  frame.open();
  HostileRenderer renderer(frame, "far-geometry");
  CHECK(frame.loop.until([&] { return VirtualScreen::the().at(100, 100).near({0, 0, 0}); }));
  CHECK(frame.counts.rendererGone == 0);
}

}  // namespace sallyport::display::test
