// A window on its way between origin classes: what it may show, and with which rights.
#include <doctest/doctest.h>

#include "tests/broker/daemon/window-fixture.h"

namespace sallyport::daemon {
namespace {

TEST_CASE_FIXTURE(WindowFixture,
                  "the frame comes first, then a renderer with its display and session") {
  open();
  CHECK(frame().label == "main");
  CHECK(frame().title == "Notes");
  CHECK(frame().width == 640);
  CHECK(frame().height == 480);
  REQUIRE(spawner.children.size() == 2);
  CHECK(spawner.children[0]->kind == ProcessKind::FRAME);
  CHECK(spawner.children[0]->fds.size() == 1);
  CHECK(spawner.children[1]->kind == ProcessKind::RENDERER);
  CHECK(spawner.children[1]->label == "main");
  CHECK(spawner.children[1]->fds.size() == 2);
  CHECK(frame().shown == 1);
  CHECK_FALSE(window->attached());
  CHECK(window->rendererPid() == 0);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a window goes from origin to origin in a process of each, and nowhere else") {
  open();
  CHECK(attach() == "app://notes/index.html");
  for (const auto* url : {"https://example.org/",
                          "http://docs.example.org/",
                          "https://docs.example.org:8443/",
                          "https://user@docs.example.org/",
                          "https://docs.example.org.evil.example/",
                          "app://notes/other.html",
                          "app://other/index.html",
                          "app://notes.evil/",
                          "app:///notes/",
                          "file:///etc/passwd",
                          "javascript:0",
                          ""}) {
    renderer().navigate(url);
    settle();
    CAPTURE(url);
    CHECK(started() == 1);
    CHECK(window->attached());
  }
  CHECK(moves("https://DOCS.example.org/page?query#part") == "https://docs.example.org/page?query");
  CHECK(spawner.of(ProcessKind::FRAME).size() == 1);
  renderer().navigate("https://docs.example.org/inside");
  settle();
  CHECK(started() == 2);
  CHECK(moves("app://notes/index.html?evil=1#evil") == "app://notes/index.html");
  CHECK(pipe.count("its renderer ended") == 0);  // nothing crashed
  CHECK(window->rendererRestarts() == 0);
}

TEST_CASE_FIXTURE(WindowFixture, "a window that goes from origin to origin in a loop is stopped") {
  open();
  attach();
  for (std::size_t i = 0; i < MovesBudget::MOVES; ++i)
    moves(i % 2 == 0 ? "https://docs.example.org/" : "app://notes/");
  const auto before = started();
  renderer().navigate("https://docs.example.org/");
  settle();
  CHECK(started() == before);
  CHECK(window->attached());
  pass(MovesBudget::WITHIN);
  CHECK(moves("https://docs.example.org/") == "https://docs.example.org/");
}

TEST_CASE_FIXTURE(WindowFixture, "a remote page whose class is revoked gives way to the app's") {
  open();
  attach();
  moves("https://docs.example.org/");
  around.policy = std::make_shared<const capabilities::Policy>();
  window->takePolicy();
  until([&] { return started() == 3; });
  CHECK(attach() == "app://notes/index.html");
}

}  // namespace
}  // namespace sallyport::daemon
