// The desktop's keyboard layout, read once at the start, so that the renderer's keymap is the
// user's. Role frame.
#pragma once

#include <QList>
#include <QString>

class QKeyEvent;

namespace sallyport::display {

struct KeyboardLayout {
  QString layout;   // "de"
  QString variant;  // "nodeadkeys" or empty
};

struct HostKeyboard {
  QString rules;
  QString model;
  QString options;
  QList<KeyboardLayout> groups;  // never empty; the first is the default
};

// X11: the root window's _XKB_RULES_NAMES. Elsewhere XKB_DEFAULT_*, else "us".
HostKeyboard readHostKeyboard();

// Parses the property's five NUL-separated strings. Names are kept only if they are plain XKB
// names.
HostKeyboard parseRulesNames(const QByteArray& property);

// The layout group (0..3) that an X11 key event carries; 0 elsewhere.
int layoutGroupOf(const QKeyEvent& event);

}  // namespace sallyport::display
