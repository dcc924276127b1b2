// A real frame process under test, with the test as its broker, and renderers for it.
#pragma once

#include <fcntl.h>
#include <kj/debug.h>

#include <memory>

#include "proto/frame.capnp.h"
#include "tests/broker/display/harness.h"

namespace sallyport::display::test {

struct FrameCounts {
  int closeRequested = 0, reloadRequested = 0, firstFrame = 0, rendererGone = 0, placed = 0;
  int endRequested = 0, waitRequested = 0;
  int width = 0, height = 0, x = 0, y = 0;
  bool hasPosition = false, focused = false;
  proto::WindowState state{};
};

class FrameEventsFake final : public proto::FrameEvents::Server {
 public:
  explicit FrameEventsFake(FrameCounts& counts) : m_counts(counts) {}

 protected:
  kj::Promise<void> closeRequested(CloseRequestedContext) override {
    return count(m_counts.closeRequested);
  }
  kj::Promise<void> reloadRequested(ReloadRequestedContext) override {
    return count(m_counts.reloadRequested);
  }
  kj::Promise<void> firstFrame(FirstFrameContext) override { return count(m_counts.firstFrame); }
  kj::Promise<void> rendererGone(RendererGoneContext) override {
    return count(m_counts.rendererGone);
  }
  kj::Promise<void> endRequested(EndRequestedContext) override {
    return count(m_counts.endRequested);
  }
  kj::Promise<void> waitRequested(WaitRequestedContext) override {
    return count(m_counts.waitRequested);
  }
  kj::Promise<void> placed(PlacedContext context) override {
    const auto place = context.getParams().getPlace();
    m_counts.width = place.getWidth();
    m_counts.height = place.getHeight();
    m_counts.x = place.getX();
    m_counts.y = place.getY();
    m_counts.hasPosition = place.getHasPosition();
    m_counts.state = place.getState();
    m_counts.focused = context.getParams().getFocused();
    return count(m_counts.placed);
  }

 private:
  static kj::Promise<void> count(int& counter) {
    ++counter;
    return kj::READY_NOW;
  }
  FrameCounts& m_counts;
};

class FdFake final : public proto::Fd::Server {
 public:
  explicit FdFake(kj::AutoCloseFd fd) : m_fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return m_fd.get(); }

 private:
  kj::AutoCloseFd m_fd;
};

// One side of a two-party connection that may carry descriptors.
struct Link {
  Link(Loop& loop, kj::AutoCloseFd fd)
      : stream(loop.io.lowLevelProvider->wrapUnixSocketFd(
            kj::mv(fd), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)),
        rpc(*stream, 1) {}
  kj::Own<kj::AsyncCapabilityStream> stream;
  capnp::TwoPartyClient rpc;
};

struct FrameFixture {
  explicit FrameFixture(
      std::map<std::string, std::string> environment = VirtualScreen::the().environment())
      : log(pipePair()),
        pair(socketPair()),
        process({{displayBinary(), "--role", "frame", "--label", "main"},
                 std::move(environment),
                 {{3, pair.theirs.get()}}}),
        link(std::make_unique<Link>((pair.theirs = nullptr, loop), kj::mv(pair.ours))),
        frame(link->rpc.bootstrap().castAs<proto::Frame>()) {}

  void open(const char* title = "Wallet", int width = 640, int height = 480) {
    auto request = frame.openRequest();
    request.setLabel("main");
    request.setTitle(title);
    auto place = request.initPlace();
    place.setWidth(static_cast<uint16_t>(width));
    place.setHeight(static_cast<uint16_t>(height));
    request.setEvents(kj::heap<FrameEventsFake>(counts));
    request.send().wait(loop.io.waitScope);
  }

  void prepare(kj::AutoCloseFd wayland) {
    auto request = frame.prepareRendererRequest();
    request.setWayland(kj::heap<FdFake>(kj::mv(wayland)));
    request.send().wait(loop.io.waitScope);
  }

  bool showPrepared() {
    return frame.showRendererRequest().send().wait(loop.io.waitScope).getShown();
  }

  void ping() { frame.pingRequest().send().wait(loop.io.waitScope); }

  Loop loop;
  FrameCounts counts;
  Pair log;
  Pair pair;
  Child process;
  std::unique_ptr<Link> link;
  proto::Frame::Client frame;
};

// Shown before the client begins, or left waiting.
struct Handed {
  Handed(FrameFixture& frame, bool isShown) : wayland(socketPair()) {
    frame.prepare(kj::mv(wayland.ours));
    if (isShown) CHECK(frame.showPrepared());
  }

  Pair wayland;
};

struct HostileRenderer {
  HostileRenderer(FrameFixture& frame, const std::string& attack, bool isShown = true)
      : handed(frame, isShown),
        pipe(pipePair()),
        process({{SALLYPORT_BINARY_DIR "/tests-bin/display_hostile_client", attack},
                 {{"WAYLAND_SOCKET", "4"}},
                 {{1, pipe.theirs.get()}, {4, handed.wayland.theirs.get()}}}),
        reports((pipe.theirs = nullptr, handed.wayland.theirs = nullptr, frame.loop),
                kj::mv(pipe.ours)) {}

  Handed handed;
  Pair pipe;
  Child process;
  Reports reports;
};

// Its window is there at once, or when opensItsWindow() is called.
struct RendererFixture {
  enum class Window { AT_ONCE, AT_ITS_TURN };

  explicit RendererFixture(FrameFixture& frame,
                           const std::string& colour = "#1ea03c",
                           Window window = Window::AT_ONCE)
      : handed(frame, window == Window::AT_ONCE),
        pipe(pipePair()),
        input(pipePair()),
        process(
            {arguments(colour, window),
             {{"QT_QPA_PLATFORM", "wayland"},
              {"WAYLAND_SOCKET", "4"},
              {"XDG_RUNTIME_DIR", tempDirectory()},
              {"LANG", "C.UTF-8"},
              {"QT_WAYLAND_DISABLE_HW_INTEGRATION", "1"}},
             {{0, input.ours.get()}, {1, pipe.theirs.get()}, {4, handed.wayland.theirs.get()}}}),
        reports((pipe.theirs = nullptr, handed.wayland.theirs = nullptr, frame.loop),
                kj::mv(pipe.ours)) {}

  static std::vector<std::string> arguments(const std::string& colour, Window window) {
    std::vector<std::string> list{SALLYPORT_BINARY_DIR "/tests-bin/display_renderer_fake", colour};
    if (window == Window::AT_ITS_TURN) list.emplace_back("waits");
    return list;
  }
  void opensItsWindow() { input.theirs = nullptr; }

  Handed handed;
  Pair pipe;
  Pair input;
  Child process;
  Reports reports;
};

}  // namespace sallyport::display::test
