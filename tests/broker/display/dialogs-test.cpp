// The parts of the display that need no second process: texts, geometry, looks. Offscreen.
#include <capnp/message.h>
#include <doctest/doctest.h>

#include <QApplication>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPalette>
#include <QPixmap>
#include <QPushButton>
#include <QStyleFactory>
#include <algorithm>
#include <cmath>
#include <optional>

#include "broker/display/amount-text.h"
#include "broker/display/file-dialog.h"
#include "broker/display/host-keyboard.h"
#include "broker/display/passphrase-dialogs.h"
#include "broker/display/popup-placement.h"
#include "broker/display/prompt-look.h"
#include "broker/display/seed-dialogs.h"
#include "broker/display/shown-text.h"
#include "broker/display/transaction-dialog.h"

namespace sallyport::display {
namespace {

double channel(double value) {
  return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& colour) {
  return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF()) +
         0.0722 * channel(colour.blueF());
}

// WCAG 2.1, 1.4.3
double contrast(const QColor& a, const QColor& b) {
  const double light = std::max(luminance(a), luminance(b)),
               dark = std::min(luminance(a), luminance(b));
  return (light + 0.05) / (dark + 0.05);
}

QPalette darkPalette() { return QPalette(QColor(45, 45, 45), QColor(30, 30, 30)); }

struct Application {
  int argc = 1;
  char name[5] = "test";
  char* argv[2] = {name, nullptr};
  QApplication app{argc, argv};
  Application() { QApplication::setStyle(QStyleFactory::create("Fusion")); }
};

ShownTransaction payment() {
  return {"Savings",
          "regtest",
          {{"bcrt1q6rhpng9evdsfnn833a4f4vej0asu6dk5srld6x", 1'500'000, false}},
          48'493'590,
          2'820,
          20'000,
          1'500'000 + 48'493'590 + 2'820,
          1,
          false};
}

void save(QWidget& dialog, const QString& name) {
  const auto directory = qEnvironmentVariable("SALLYPORT_SCREENSHOTS");
  if (directory.isEmpty()) return;
  dialog.show();
  QApplication::processEvents();
  dialog.grab().save(directory + "/" + name + ".png");
}

}  // namespace

TEST_CASE("text of others cannot reorder, hide or imitate what stands beside it") {
  CHECK(shownText("plain title", 40) == "plain title");
  CHECK(shownText(QString::fromUtf8("a\u202Eb\u2066c"), 40) ==
        QString::fromUtf8("a\uFFFDb\uFFFDc"));
  CHECK(shownText("a\x01"
                  "b\x7f"
                  "c",
                  40) == QString::fromUtf8("a\uFFFDb\uFFFDc"));
  CHECK(shownText("  a \n\t b  ", 40) == "a b");
  CHECK(shownText(QString::fromUtf8("z\u200Bw"), 40) == QString::fromUtf8("z\uFFFDw"));
  CHECK(shownText(QString(50, 'x'), 10) == QString(10, 'x') + QChar(0x2026));
  CHECK(shownText(QString::fromUtf8("e\u0301\u0301\u0301\u0301\u0301"), 40).size() == 3);
  CHECK(frameTitle("Wallet", "main") == QString::fromUtf8("Wallet · main"));
  CHECK(frameTitle("", "main") == "main");
}

TEST_CASE("amounts, rates and addresses read as a person expects") {
  CHECK(bitcoinText(0) == "0.00000000 BTC");
  CHECK(bitcoinText(150'000) == "0.00150000 BTC");
  CHECK(bitcoinText(2'100'000'000'000'000) == "21000000.00000000 BTC");
  CHECK(satoshiText(999) == "999 sat");
  CHECK(satoshiText(1'500'000) == QString::fromUtf8("1\u202F500\u202F000 sat"));
  CHECK(rateText(20'000) == "20 sat/vB");
  CHECK(rateText(2'500) == "2.5 sat/vB");
  CHECK(rateText(1'001) == "1.001 sat/vB");
  CHECK(addressGroups("bcrt1qabcd") == "bcrt 1qab cd");
  CHECK(addressGroups(QString(34, 'a')) == "aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa\naa");
  CHECK(addressGroups(QString::fromUtf8("ab\u202Ecd")) == "ab?c d");
}

TEST_CASE("a transaction whose numbers contradict each other does not add up") {
  auto sound = payment();
  CHECK(sound.addsUp());
  sound.fee += 1;
  CHECK_FALSE(sound.addsUp());
  auto overflow = payment();
  overflow.payments = {{"a", UINT64_MAX, false}, {"b", 2, false}};
  overflow.change = 0;
  overflow.fee = 0;
  overflow.input = 1;
  CHECK_FALSE(overflow.addsUp());
}

TEST_CASE("a fee that is high for its payment is signed only when it was typed") {
  Application application;
  auto costly = payment();
  const auto approve = [](TransactionDialog& dialog) {
    return dialog.findChild<QPushButton*>("approve")->isEnabled();
  };
  {
    TransactionDialog usual(costly);
    CHECK(usual.findChild<QLineEdit*>("typedFee") == nullptr);
    CHECK(approve(usual));
  }
  costly.typeFee = true;
  TransactionDialog dialog(costly);
  auto* field = dialog.findChild<QLineEdit*>("typedFee");
  REQUIRE(field != nullptr);
  CHECK_FALSE(approve(dialog));
  for (const auto* wrong : {"", "yes", "0", "00", "-1", "1e3", "99999999999999999999"}) {
    field->setText(wrong);
    CHECK_FALSE(approve(dialog));
  }
  field->setText(QString::number(costly.fee + 1));
  CHECK_FALSE(approve(dialog));
  field->setText(" " + QString::number(costly.fee) + " ");
  CHECK(approve(dialog));
  field->clear();
  CHECK_FALSE(approve(dialog));
}

TEST_CASE("a popup is flipped, slid or cut so that it stays in the window") {
  const QRect bounds(0, 0, 400, 300);
  PopupWish below{{20, 20, 120, 30},
                  Qt::BottomEdge | Qt::LeftEdge,
                  Qt::BottomEdge | Qt::RightEdge,
                  Qt::Horizontal | Qt::Vertical,
                  Qt::Horizontal | Qt::Vertical,
                  {},
                  {},
                  {120, 100}};
  CHECK(placePopup(below, bounds) == QRect(20, 50, 120, 100));
  below.anchorRect = {20, 260, 120, 30};
  CHECK(placePopup(below, bounds) == QRect(20, 160, 120, 100));  // flipped above
  below.anchorRect = {350, 20, 120, 30};
  CHECK(placePopup(below, bounds).right() < 400);
  below.flip = {};
  below.slide = {};
  below.size = {1000, 1000};
  CHECK(bounds.contains(placePopup(below, bounds)));
  below.offset = {100000, -100000};
  CHECK(bounds.contains(placePopup(below, bounds)));
}

TEST_CASE("the host's keyboard layout is read from X11's property, and odd names are left out") {
  const auto keyboard =
      parseRulesNames(QByteArray("evdev\0pc105\0de,us\0nodeadkeys,\0grp:alt_shift_toggle\0", 49));
  REQUIRE(keyboard.groups.size() == 2);
  CHECK(keyboard.groups[0].layout == "de");
  CHECK(keyboard.groups[0].variant == "nodeadkeys");
  CHECK(keyboard.groups[1].layout == "us");
  const auto odd = parseRulesNames(QByteArray("../../etc\0x\0../passwd\0\0\0", 24));
  CHECK(odd.rules.isEmpty());
  CHECK(odd.groups[0].layout == "us");
}

TEST_CASE("every text of a prompt can be read, in light and in dark") {
  for (const auto& palette : {QPalette(Qt::white), darkPalette()}) {
    const auto look = lookFor(palette);
    for (const auto& ground : {look.surface, look.card}) {
      CHECK(contrast(look.text, ground) > 7);
      CHECK(contrast(look.quiet, ground) > 4.5);
      CHECK(contrast(look.good, ground) > 4.5);
      CHECK(contrast(look.warning, ground) > 4.5);
    }
    CHECK(contrast(look.warning, look.warningSurface) > 4.5);
    CHECK(contrast(look.accentText, look.accent) > 4.5);
    CHECK(contrast(look.bannerText, look.bannerStart) > 4.5);
    CHECK(contrast(look.bannerText, look.bannerEnd) > 4.5);
  }
  CHECK(lookFor(darkPalette()).dark);
  CHECK_FALSE(lookFor(QPalette(Qt::white)).dark);
}

TEST_CASE("seed words are shown once, and cannot be selected") {
  Application application;
  QStringList words;
  for (int i = 0; i < 24; ++i) words << QString("word%1").arg(i + 1);
  ShowSeedDialog dialog("Savings", words);
  int shown = 0;
  for (const auto* label : dialog.findChildren<QLabel*>()) {
    if (!words.contains(label->text())) continue;
    CHECK_FALSE(label->textInteractionFlags().testFlag(Qt::TextSelectableByMouse));
    CHECK_FALSE(label->textInteractionFlags().testFlag(Qt::TextSelectableByKeyboard));
    ++shown;
  }
  CHECK(shown == 24);
}

TEST_CASE("the dialogs draw themselves in light and dark") {
  for (const bool dark : {false, true}) {
    Application application;
    QApplication::setPalette(dark ? darkPalette() : QPalette(QColor(239, 239, 239)));
    const QString suffix = dark ? "-dark" : "-light";
    AskPassphraseDialog ask("Your wallet is locked. Enter its passphrase to sign this payment.",
                            true);
    save(ask, "ask" + suffix);
    ChoosePassphraseDialog choose("This passphrase protects the wallets on this computer.");
    save(choose, "choose" + suffix);
    QStringList words{"abandon",
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
    ShowSeedDialog seed("Savings", words);
    save(seed, "seed12" + suffix);
    ShowSeedDialog longSeed("Savings", words + words);
    save(longSeed, "seed24" + suffix);
    std::unique_ptr<WordsDialog> back(WordsDialog::askBack("Savings", {3, 7, 11}));
    save(*back, "askwords" + suffix);
    std::unique_ptr<WordsDialog> enter(WordsDialog::enterSeed("Savings"));
    save(*enter, "enterseed" + suffix);
    TransactionDialog confirm(payment());
    save(confirm, "confirm" + suffix);
    auto many = payment();
    many.network = "mainnet";
    many.fee = 400'000;
    many.payments = {
        {"bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297", 1'000'000, false},
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", 2'100'000'000'000'000 - 1, false},
        {"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 77, true}};
    many.input = many.paid() + many.change + many.fee;
    TransactionDialog list(many);
    save(list, "confirm-many" + suffix);
    NoticeDialog notice(
        "Wallet restored",
        "Your wallet “Savings” is back. Its history is being read from the server.");
    save(notice, "notice" + suffix);
    CHECK(confirm.sizeHint().isValid());
  }
}

TEST_CASE("a fresh file dialog says yes to no click, and its words cannot leave their place") {
  Application application;
  capnp::MallocMessageBuilder message;
  auto question = message.initRoot<proto::FileQuestion>();
  question.setApp("Notes\nto all");
  question.setWindow("main");
  question.setKind(proto::FileQuestion::Kind::SAVE);
  question.setSuggestedName("lured.txt");
  auto filters = question.initFilters(1);
  filters[0].setName("Text (*.sh);; All");
  filters[0].initExtensions(1).set(0, "txt");
  FileDialog dialog(question);
  CHECK(dialog.windowTitle() == QStringLiteral("Sallyport: Save a file of Notes to all (main)"));
  CHECK(dialog.nameFilters().size() == 2);
  CHECK(dialog.nameFilters().front().endsWith(QStringLiteral(" (*.txt)")));
  CHECK(dialog.nameFilters().front().count(u'(') == 1);
  std::optional<QStringList> picked;
  dialog.ask([&](const QStringList& files) { picked = files; });
  auto* buttons = dialog.findChild<QDialogButtonBox*>(QStringLiteral("buttonBox"));
  REQUIRE(buttons != nullptr);
  buttons->button(QDialogButtonBox::Save)->click();
  CHECK_FALSE(picked.has_value());
  CHECK(dialog.isVisible());
  dialog.reject();
  REQUIRE(picked.has_value());
  CHECK(picked->isEmpty());
}

}  // namespace sallyport::display
