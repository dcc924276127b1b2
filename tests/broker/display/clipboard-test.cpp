// The real frame and the clipboard of a real X server: only right after the user's own click or
// key, only with the focus, and taken off again.
#include <doctest/doctest.h>

#include "broker/display/user-gesture.h"
#include "tests/broker/display/frame-fixture.h"

namespace sallyport::display::test {
namespace {

using Outcome = proto::ClipboardOutcome;

struct Desk {
  Desk() {
    frame.open();
    renderer = std::make_unique<RendererFixture>(frame);
    REQUIRE(frame.loop.until([this] { return frame.counts.firstFrame > 0; }));
    window = screen.window("Wallet · main");
    screen.xdotool({"windowmove", window, "0", "0"});
    focus();
  }

  void focus() {
    screen.xdotool({"windowfocus", "--sync", window});
    REQUIRE_FALSE(renderer->reports.expect("focus in").empty());
  }
  void click() {
    screen.xdotool({"mousemove", "400", "300", "click", "1"});
    REQUIRE_FALSE(renderer->reports.expect("release").empty());
  }
  Outcome set(const std::string& text, int clearAfterSeconds = 0) {
    auto request = frame.frame.setClipboardRequest();
    request.setText(text.c_str());
    request.setClearAfterSeconds(static_cast<uint16_t>(clearAfterSeconds));
    return request.send().wait(frame.loop.io.waitScope).getOutcome();
  }
  // As another program sees it, while the frame goes on.
  std::string seen() { return run({peer(), "read"}, screen.environment()); }
  static std::string peer() { return SALLYPORT_BINARY_DIR "/tests-bin/display_clipboard_peer"; }

  VirtualScreen& screen = VirtualScreen::the();
  FrameFixture frame;
  std::unique_ptr<RendererFixture> renderer;
  std::string window;
};

// Another program that has the clipboard until it is destroyed.
struct OtherOwner {
  OtherOwner(Desk& desk, const std::string& text)
      : pipe(pipePair()),
        process(
            {{Desk::peer(), "write", text}, desk.screen.environment(), {{1, pipe.theirs.get()}}}),
        reports((pipe.theirs = nullptr, desk.frame.loop), kj::mv(pipe.ours)) {
    REQUIRE(reports.expect("set") == "set");
  }
  Pair pipe;
  Child process;
  Reports reports;
};

}  // namespace

TEST_CASE("a gesture counts for five seconds") {
  UserGesture gesture;
  const UserGesture::Time at{std::chrono::hours(1)};
  CHECK_FALSE(gesture.isRecent(at));
  gesture.note(at);
  CHECK(gesture.isRecent(at));
  CHECK(gesture.isRecent(at + std::chrono::milliseconds(4'999)));
  CHECK_FALSE(gesture.isRecent(at + std::chrono::milliseconds(5'000)));
  gesture.note(at + std::chrono::seconds(10));
  CHECK(gesture.isRecent(at + std::chrono::seconds(11)));
  gesture.forget();
  CHECK_FALSE(gesture.isRecent(at + std::chrono::seconds(11)));
}

TEST_CASE("a click is taken once, however long its button stays down") {
  UserGesture gesture;
  const UserGesture::Time at{std::chrono::hours(1)};
  gesture.renew(at);  // a button that went down elsewhere
  CHECK_FALSE(gesture.take(at));
  gesture.note(at);
  gesture.renew(at + std::chrono::seconds(20));
  CHECK(gesture.take(at + std::chrono::seconds(21)));
  gesture.note(at + std::chrono::seconds(30));
  CHECK(gesture.take(at + std::chrono::seconds(30)));
  gesture.renew(at + std::chrono::seconds(31));
  CHECK_FALSE(gesture.take(at + std::chrono::seconds(31)));
  gesture.note(at + std::chrono::seconds(40));
  gesture.forget();
  gesture.renew(at + std::chrono::seconds(41));
  CHECK_FALSE(gesture.take(at + std::chrono::seconds(41)));
}

TEST_CASE("without a click or a key, nothing is copied and nothing is read") {
  Desk desk;
  desk.screen.xdotool({"mousemove", "400", "300"});
  REQUIRE_FALSE(desk.renderer->reports.expect("move").empty());
  desk.screen.xdotool({"click", "4"});
  REQUIRE_FALSE(desk.renderer->reports.expect("wheel").empty());
  desk.screen.xdotool({"key", "Escape", "key", "Shift_L"});
  REQUIRE_FALSE(desk.renderer->reports.expect("key").empty());
  CHECK(desk.set("stolen wish") == Outcome::NO_GESTURE);
  const auto read =
      desk.frame.frame.getClipboardRequest().send().wait(desk.frame.loop.io.waitScope);
  CHECK(read.getOutcome() == Outcome::NO_GESTURE);
  CHECK_FALSE(read.hasText());
  CHECK(desk.seen().find("stolen") == std::string::npos);
}

TEST_CASE("after a click a text reaches the host's clipboard, and after a key too") {
  Desk desk;
  desk.click();
  CHECK(desk.set("bcrt1q · ünïcode") == Outcome::DONE);
  CHECK(desk.seen() == "bcrt1q · ünïcode");
  RendererFixture next(desk.frame);
  REQUIRE(desk.frame.loop.until([&] { return desk.frame.counts.firstFrame == 2; }));
  CHECK(desk.set("by the old one's click") == Outcome::NO_GESTURE);
  desk.screen.xdotool({"key", "c"});
  REQUIRE(next.reports.expect("key") == "key c");
  CHECK(desk.set("by a key") == Outcome::DONE);
  CHECK(desk.seen() == "by a key");
}

TEST_CASE("a window without the focus has no clipboard") {
  Desk desk;
  desk.click();
  OtherOwner other(desk, "another's");
  Child thief(
      {{SALLYPORT_BINARY_DIR "/tests-bin/display_renderer_fake"}, desk.screen.environment(), {}});
  const auto window = desk.screen.window("Renderer fake");
  desk.screen.xdotool({"windowfocus", "--sync", window});
  REQUIRE_FALSE(desk.renderer->reports.expect("focus out").empty());
  CHECK(desk.set("from behind") == Outcome::NO_FOCUS);
  CHECK(desk.frame.frame.getClipboardRequest()
            .send()
            .wait(desk.frame.loop.io.waitScope)
            .getOutcome() == Outcome::NO_FOCUS);
  CHECK(desk.seen() == "another's");
}

TEST_CASE("after a click the text of another program can be read, within bounds") {
  Desk desk;
  const auto read = [&] {
    desk.click();
    return desk.frame.frame.getClipboardRequest().send().wait(desk.frame.loop.io.waitScope);
  };
  {
    OtherOwner other(desk, "pay me · 1");
    const auto answer = read();
    CHECK(answer.getOutcome() == Outcome::DONE);
    CHECK(std::string(answer.getText().cStr()) == "pay me · 1");
  }
  OtherOwner other(desk, std::string(proto::MAX_CLIPBOARD_BYTES + 1, 'x'));
  const auto answer = read();
  CHECK(answer.getOutcome() == Outcome::TOO_LARGE);
  CHECK_FALSE(answer.hasText());
}

TEST_CASE("more than the limit is not copied") {
  Desk desk;
  desk.click();
  CHECK(desk.set(std::string(proto::MAX_CLIPBOARD_BYTES, 'x')) == Outcome::DONE);
  CHECK(desk.set(std::string(proto::MAX_CLIPBOARD_BYTES + 1, 'y')) == Outcome::TOO_LARGE);
  CHECK(desk.seen() == std::string(proto::MAX_CLIPBOARD_BYTES, 'x'));
}

TEST_CASE("a text is taken off after its time, unless another took its place") {
  Desk desk;
  desk.click();
  CHECK(desk.set("secret", 1) == Outcome::DONE);
  CHECK(desk.seen() == "secret");
  CHECK(desk.frame.loop.until([&] { return desk.seen().empty(); }));
  desk.click();
  CHECK(desk.set("kept", 1) == Outcome::DONE);
  CHECK(desk.set("for good") == Outcome::DONE);  // replaces the wish along with the text
  desk.frame.loop.turnFor(1'300);
  CHECK(desk.seen() == "for good");
}

TEST_CASE("what another program copied meanwhile is left alone") {
  Desk desk;
  desk.click();
  CHECK(desk.set("secret", 1) == Outcome::DONE);
  OtherOwner other(desk, "the user's own");
  desk.frame.loop.turnFor(1'300);
  CHECK(desk.seen() == "the user's own");
}

}  // namespace sallyport::display::test
