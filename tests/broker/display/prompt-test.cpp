// The real prompt under Xvfb: by script, by hand (xdotool), and by a vault that goes away.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "tests/broker/display/prompt-fixture.h"

namespace sallyport::display::test {
namespace {

const char* const SEED[] = {"abandon",
                            "ability",
                            "able",
                            "about",
                            "above",
                            "absent",
                            "absorb",
                            "abstract",
                            "absurd",
                            "abuse",
                            "access",
                            "accident"};

auto showSeedRequest(PromptFixture& f) {
  auto request = f.prompt.showSeedRequest();
  request.setWalletName("Savings");
  auto words = request.initWords(12);
  for (unsigned i = 0; i < 12; ++i) words.set(i, SEED[i]);
  return request;
}

auto confirmRequest(PromptFixture& f, unsigned payments = 1, int64_t wrong = 0) {
  auto request = f.prompt.confirmTransactionRequest();
  auto summary = request.initSummary();
  summary.setWalletName("Savings");
  summary.setNetwork("regtest");
  auto list = summary.initPayments(payments);
  for (unsigned i = 0; i < payments; ++i) {
    list[i].setAddress("bcrt1q6rhpng9evdsfnn833a4f4vej0asu6dk5srld6x");
    list[i].setAmountSat(1'500'000 + i);
    list[i].setOwn(false);
  }
  const uint64_t paid = 1'500'000ULL * payments + payments * (payments - 1) / 2;
  summary.setChangeSat(48'493'590);
  summary.setFeeSat(2'820);
  summary.setFeeRateMilliSatPerVbyte(20'000);
  summary.setInputSat(paid + 48'493'590 + 2'820 + static_cast<uint64_t>(wrong));
  summary.setInputs(1);
  return request;
}

auto passphraseRequest(PromptFixture& f, bool wrongBefore = false) {
  auto request = f.prompt.askPassphraseRequest();
  request.setReason("Your wallet is locked. Enter its passphrase to sign.");
  request.setWrongBefore(wrongBefore);
  return request;
}

// The approving button of the open dialog: the last thing at its bottom right.
struct ApprovingButton {
  explicit ApprovingButton(PromptFixture& fixture)
      : window(fixture.window()), place(VirtualScreen::the().geometry(window)) {}

  void click() const { screen.xdotool({"mousemove", x, y, "click", "1"}); }
  // Its colour says whether it listens.
  bool awake() const {
    return screen.at(place.x + place.width - 34, place.y + place.height - 44).near(ACCENT);
  }

  static constexpr Colour ACCENT{0x0b, 0x6b, 0x61};
  VirtualScreen& screen = VirtualScreen::the();
  std::string window;
  VirtualScreen::Geometry place;
  std::string x = std::to_string(place.x + place.width - 70);
  std::string y = std::to_string(place.y + place.height - 44);
};

std::string textOf(capnp::Data::Reader data) {
  return std::string(data.asChars().begin(), data.size());
}

}  // namespace

TEST_CASE("a script answers every kind of question through the real dialogs") {
  PromptFixture f(R"({"expect":"askPassphrase","answer":"correct horse"}
{"expect":"choosePassphrase","answer":"a new long passphrase ä"}
{"expect":"showSeed","answer":"accepted"}
{"expect":"askWords","answer":"remembered"}
{"expect":"askWords","answer":["x","y","z"]}
{"expect":"enterSeed","answer":["one","two","three","four","five","six","seven","eight","nine","ten","eleven","twelve"]}
{"expect":"confirmTransaction","answer":"accepted"}
{"expect":"confirmTransaction","answer":"declined"}
{"expect":"notify"}
)");
  auto passphrase = passphraseRequest(f).send().wait(f.scope());
  REQUIRE(passphrase.getAnswer().isText());
  CHECK(textOf(passphrase.getAnswer().getText()) == "correct horse");

  auto chosen = f.prompt.choosePassphraseRequest().send().wait(f.scope());
  REQUIRE(chosen.getAnswer().isText());
  CHECK(textOf(chosen.getAnswer().getText()) == "a new long passphrase ä");

  CHECK(showSeedRequest(f).send().wait(f.scope()).getAnswer().isAccepted());

  for (const bool remembered : {true, false}) {
    auto ask = f.prompt.askWordsRequest();
    ask.setWalletName("Savings");
    ask.setPositions({3, 12, 1});
    auto words = ask.send().wait(f.scope());
    REQUIRE(words.getAnswer().isWords());
    auto list = words.getAnswer().getWords();
    REQUIRE(list.size() == 3);
    CHECK(list[0] == (remembered ? "able" : "x"));
    CHECK(list[1] == (remembered ? "accident" : "y"));
    CHECK(list[2] == (remembered ? "abandon" : "z"));
  }

  auto seed = f.prompt.enterSeedRequest().send().wait(f.scope());
  REQUIRE(seed.getAnswer().isWords());
  CHECK(seed.getAnswer().getWords().size() == 12);
  CHECK(seed.getAnswer().getWords()[11] == "twelve");

  CHECK(confirmRequest(f).send().wait(f.scope()).getAnswer().isAccepted());
  CHECK(confirmRequest(f).send().wait(f.scope()).getAnswer().isDeclined());
  auto noticed = f.prompt.notifyRequest().send();
  CHECK(f.loop.until([&] { return noticed.poll(f.scope()); }));
}

TEST_CASE(
    "a question that the script does not expect is declined and named, a repeated one is answered "
    "for ever") {
  PromptFixture f(R"({"expect":"askPassphrase","answer":"again and again","repeat":true})");
  for (int i = 0; i < 3; ++i) {
    CHECK(passphraseRequest(f, i > 0).send().wait(f.scope()).getAnswer().isText());
  }
  CHECK(confirmRequest(f).send().wait(f.scope()).getAnswer().isDeclined());
  CHECK_FALSE(f.reports.expect("prompt-script: unexpected question confirmTransaction").empty());
}

TEST_CASE("a screenshot is written before the answer") {
  const auto directory = tempDirectory();
  PromptFixture f("{\"expect\":\"confirmTransaction\",\"answer\":\"accepted\",\"screenshot\":\"" +
                  directory + "/confirm.png\"}");
  CHECK(confirmRequest(f).send().wait(f.scope()).getAnswer().isAccepted());
  CHECK(std::filesystem::file_size(directory + "/confirm.png") > 5000);
}

TEST_CASE("nothing typed or shown reaches the log") {
  PromptFixture f(R"({"expect":"choosePassphrase","answer":"canary-passphrase-77"}
{"expect":"showSeed","answer":"accepted"})");
  f.prompt.choosePassphraseRequest().send().wait(f.scope());
  showSeedRequest(f).send().wait(f.scope());
  f.control.closeRequest().send().wait(f.scope());
  REQUIRE(f.loop.until([&] { return !f.process.running(); }));
  CHECK(f.reports.all().find("canary") == std::string::npos);
  CHECK(f.reports.all().find("abandon") == std::string::npos);
}

TEST_CASE("a click before the arm delay does nothing, a later one approves") {
  using Clock = std::chrono::steady_clock;
  constexpr int TRIES =
      5;  // a busy machine may be slower than the delay itself; then nothing was shown
  bool judged = false;
  for (int i = 0; i < TRIES && !judged; ++i) {
    PromptFixture f;
    f.ping();
    const auto asked = Clock::now();
    auto answer = confirmRequest(f).send();
    const ApprovingButton button(f);
    button.click();
    if (Clock::now() - asked > std::chrono::milliseconds(proto::ARM_DELAY_MS)) continue;
    judged = true;
    f.ping();
    CHECK_FALSE(answer.poll(f.scope()));
    REQUIRE(f.loop.until([&] { return button.awake(); }));
    button.click();
    CHECK(answer.wait(f.scope()).getAnswer().isAccepted());
  }
  CHECK(judged);
}

TEST_CASE("the approving button sleeps while another window has the focus, and again after it") {
  auto& screen = VirtualScreen::the();
  Child other(
      {{SALLYPORT_BINARY_DIR "/tests-bin/display_renderer_fake"}, screen.environment(), {}});
  const auto otherWindow = screen.window("Renderer fake");
  PromptFixture f;
  auto answer = confirmRequest(f).send();
  const ApprovingButton button(f);
  REQUIRE(f.loop.until([&] { return button.awake(); }));
  screen.xdotool({"windowfocus", "--sync", otherWindow});
  REQUIRE(f.loop.until([&] { return !button.awake(); }));
  button.click();
  f.ping();
  CHECK_FALSE(answer.poll(f.scope()));
  CHECK_FALSE(button.awake());
  screen.xdotool({"windowfocus", "--sync", button.window});
  REQUIRE(f.loop.until([&] { return button.awake(); }));
  button.click();
  CHECK(answer.wait(f.scope()).getAnswer().isAccepted());
}

TEST_CASE(
    "no key approves by itself: Return and Space on a fresh payment do nothing, Escape declines") {
  auto& screen = VirtualScreen::the();
  PromptFixture f;
  auto answer = confirmRequest(f).send();
  const ApprovingButton button(f);
  REQUIRE(f.loop.until([&] { return button.awake(); }));
  screen.xdotool({"key", "Return", "key", "space"});
  f.ping();
  CHECK_FALSE(answer.poll(f.scope()));
  screen.xdotool({"key", "Escape"});
  CHECK(answer.wait(f.scope()).getAnswer().isDeclined());
}

TEST_CASE("a payment can be approved by keyboard alone, once the button is awake") {
  auto& screen = VirtualScreen::the();
  PromptFixture f;
  auto answer = confirmRequest(f).send();
  {
    const ApprovingButton button(f);
    REQUIRE(f.loop.until([&] { return button.awake(); }));
  }
  screen.xdotool({"key", "Tab", "key", "Tab", "key", "space"});
  f.ping();
  CHECK_FALSE(answer.poll(f.scope()));
  REQUIRE(f.loop.until([&] {
    screen.xdotool({"key", "space"});
    return answer.poll(f.scope());
  }));
  CHECK(answer.wait(f.scope()).getAnswer().isAccepted());
}

TEST_CASE("closing the window declines") {
  PromptFixture f;
  auto answer = passphraseRequest(f).send();
  VirtualScreen::the().closeWindow(f.window());
  CHECK(answer.wait(f.scope()).getAnswer().isDeclined());
}

TEST_CASE("a second question is answered busy while one is open") {
  PromptFixture f;
  auto first = passphraseRequest(f).send();
  f.window();
  CHECK(confirmRequest(f).send().wait(f.scope()).getAnswer().isBusy());
  CHECK(f.prompt.choosePassphraseRequest().send().wait(f.scope()).getAnswer().isBusy());
  CHECK(f.prompt.enterSeedRequest().send().wait(f.scope()).getAnswer().isBusy());
  CHECK_FALSE(first.poll(f.scope()));
}

TEST_CASE("a dropped question closes its dialog, and the next one is asked") {
  PromptFixture f;
  {
    auto dropped = passphraseRequest(f).send();
    f.window();
  }
  CHECK(f.loop.until([&] { return !f.hasWindow(); }));
  auto next = confirmRequest(f).send();
  f.window();
  CHECK_FALSE(next.poll(f.scope()));
}

TEST_CASE("numbers that do not add up cannot be signed") {
  PromptFixture f;
  auto wrong = confirmRequest(f, 1, 1).send();
  const ApprovingButton button(f);
  f.loop.turnFor(1200);  // it would be awake by now
  CHECK_FALSE(button.awake());
  button.click();
  VirtualScreen::the().xdotool({"key", "Escape"});
  CHECK(wrong.wait(f.scope()).getAnswer().isDeclined());
}

TEST_CASE("a long list is signed only after its end was seen") {
  PromptFixture f;
  auto answer = confirmRequest(f, 9).send();
  auto& screen = VirtualScreen::the();
  const ApprovingButton button(f);
  f.loop.turnFor(1200);  // it would be awake by now
  CHECK_FALSE(button.awake());
  button.click();
  f.ping();
  CHECK_FALSE(answer.poll(f.scope()));
  screen.xdotool({"mousemove",
                  std::to_string(button.place.x + 200),
                  std::to_string(button.place.y + 300),
                  "click",
                  "--repeat",
                  "60",
                  "--delay",
                  "5",
                  "5"});
  REQUIRE(f.loop.until([&] { return button.awake(); }));
  button.click();
  CHECK(answer.wait(f.scope()).getAnswer().isAccepted());
}

TEST_CASE("close declines what is open and ends the process") {
  PromptFixture f;
  auto answer = passphraseRequest(f).send();
  f.window();
  f.control.closeRequest().send().wait(f.scope());
  CHECK(answer.wait(f.scope()).getAnswer().isDeclined());
  CHECK(f.loop.until([&] { return !f.process.running(); }));
}

TEST_CASE("a prompt ends, open question or not, when its vault or its broker goes away") {
  for (const bool vaultGoes : {true, false}) {
    PromptFixture f;
    auto answer = kj::heap(passphraseRequest(f).send());
    f.window();
    answer = nullptr;
    auto again = kj::heap(passphraseRequest(f).send());
    REQUIRE(f.loop.until([&] { return f.hasWindow(); }));
    if (vaultGoes) {
      again = nullptr;
      f.prompt = nullptr;
      f.vault.reset();
    } else {
      f.control = nullptr;
      f.broker.reset();
    }
    CHECK(f.loop.until([&] { return !f.process.running(); }));
  }
}

TEST_CASE("a malformed script stops the start with its line") {
  PromptFixture f("{\"expect\":\"notify\"}\n{\"expect\":\"confirmTransactoin\"}\n");
  CHECK_FALSE(f.reports.expect("prompt script, line 2: unknown method in expect").empty());
  CHECK(f.process.wait() != 0);
}

}  // namespace sallyport::display::test
