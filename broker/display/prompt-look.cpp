#include "broker/display/prompt-look.h"

#include <QPalette>

namespace sallyport::display {
namespace {

constexpr int DARK_BELOW = 128;  // lightness of the palette's window colour

// @name is replaced by a colour. Sizes are in points or logical pixels, so they follow the user's
// scale.
constexpr auto SHEET = R"(
QDialog { background: @surface; }
QLabel, QCheckBox, QRadioButton { color: @text; background: transparent; }
QLabel#heading { font-size: 17pt; font-weight: 600; }
QLabel#quiet, QLabel[quiet="true"] { color: @quiet; }
QLabel[warning="true"] { color: @warning; background: @warnbg; border: 1px solid @warning; border-radius: 8px; padding: 10px 12px; }
QLabel[problem="true"] { color: @warning; }
QLabel[good="true"] { color: @good; }
QFrame#card { background: @card; border: 1px solid @border; border-radius: 10px; }
QFrame#line { background: @border; border: none; max-height: 1px; min-height: 1px; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: @quiet; border-radius: 5px; min-height: 30px; }
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }
QLineEdit { color: @text; background: @card; border: 1px solid @border; border-radius: 8px; padding: 8px 10px;
            font-size: 12pt; selection-background-color: @accent; selection-color: @accenttext; }
QLineEdit:focus { border: 2px solid @accent; padding: 7px 9px; }
QLineEdit[word="true"] { padding: 5px 8px; font-size: 11pt; }
QLineEdit[word="true"]:focus { padding: 4px 7px; }
QCheckBox::indicator { width: 16px; height: 16px; border: 2px solid @quiet; border-radius: 5px; background: @card; }
QCheckBox::indicator:checked { border-color: @accent; background: @accent; }
QCheckBox:focus { color: @accent; }
QCheckBox::indicator:focus { border-color: @accent; }
QRadioButton { spacing: 8px; }
QRadioButton::indicator { width: 12px; height: 12px; border: 2px solid @quiet; border-radius: 8px; background: @card; }
QRadioButton::indicator:checked { border: 5px solid @accent; width: 6px; height: 6px; }
QCheckBox { spacing: 10px; }
QPushButton { color: @text; background: @card; border: 1px solid @border; border-radius: 8px; padding: 9px 22px; font-size: 11pt; }
QPushButton:hover { border-color: @quiet; }
QPushButton:focus { border: 2px solid @accent; padding: 8px 21px; }
QPushButton:pressed { background: @border; }
QPushButton#approve { color: @accenttext; background: @accent; border-color: @accent; font-weight: 600; }
QPushButton#approve:focus { border: 2px solid @text; }
QPushButton#approve:pressed { background: @accentpressed; }
QPushButton#approve:disabled, QPushButton#approve[armed="false"] { color: @quiet; background: @border; border-color: @border; }
QPushButton#approve[armed="false"]:focus { border: 2px solid @quiet; }
)";

}  // namespace

QString Look::styleSheet() const {
  auto sheet = QString::fromLatin1(SHEET);
  const auto put = [&sheet](const char* name, const QColor& colour) {
    sheet.replace(QLatin1String(name), colour.name());
  };
  // Longer names first: one is the beginning of another.
  put("@accentpressed", accentPressed);
  put("@accenttext", accentText);
  put("@accent", accent);
  put("@surface", surface);
  put("@card", card);
  put("@border", border);
  put("@text", text);
  put("@quiet", quiet);
  put("@warnbg", warningSurface);
  put("@warning", warning);
  put("@good", good);
  return sheet;
}

Look lookFor(const QPalette& palette) {
  const bool dark = palette.color(QPalette::Window).lightness() < DARK_BELOW;
  if (dark) {
    return {true,
            QColor(0x0d, 0x4f, 0x4a),
            QColor(0x0b, 0x39, 0x4d),
            QColor(0xf2, 0xfb, 0xf9),
            QColor(0x17, 0x1b, 0x20),
            QColor(0x20, 0x26, 0x2d),
            QColor(0x36, 0x3e, 0x48),
            QColor(0xec, 0xef, 0xf3),
            QColor(0x9a, 0xa5, 0xb1),
            QColor(0x3f, 0xb8, 0xa5),
            QColor(0x06, 0x1f, 0x1b),
            QColor(0x2f, 0x96, 0x86),
            QColor(0xff, 0xb8, 0x6b),
            QColor(0x3a, 0x2b, 0x17),
            QColor(0x6c, 0xd4, 0x8f)};
  }
  return {false,
          QColor(0x0b, 0x6b, 0x61),
          QColor(0x0c, 0x4a, 0x66),
          QColor(0xff, 0xff, 0xff),
          QColor(0xf4, 0xf6, 0xf8),
          QColor(0xff, 0xff, 0xff),
          QColor(0xd5, 0xdb, 0xe2),
          QColor(0x17, 0x1f, 0x28),
          QColor(0x5b, 0x67, 0x75),
          QColor(0x0b, 0x6b, 0x61),
          QColor(0xff, 0xff, 0xff),
          QColor(0x08, 0x51, 0x49),
          QColor(0x9a, 0x4a, 0x00),
          QColor(0xff, 0xf4, 0xe2),
          QColor(0x1c, 0x7a, 0x3e)};
}

}  // namespace sallyport::display
