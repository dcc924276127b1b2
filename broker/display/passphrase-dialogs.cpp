#include "broker/display/passphrase-dialogs.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "broker/display/shown-text.h"
#include "proto/prompt.capnp.h"

namespace sallyport::display {
namespace {

constexpr int MAX_REASON_CHARACTERS = 300;
constexpr int GOOD_LENGTH = 16;
constexpr int FAIR_LENGTH = 12;
constexpr int DIFFERENT_FOR_GOOD = 8;  // different characters

// A password field that tells when Caps Lock seems on: Qt has no way to ask, so it is seen from
// what is typed.
class PassphraseField final : public QLineEdit {
 public:
  PassphraseField(const char* name, QLabel* capsNote, QWidget* parent)
      : QLineEdit(parent), m_capsNote(capsNote) {
    setObjectName(QLatin1String(name));
    setEchoMode(QLineEdit::Password);
    setMaxLength(static_cast<int>(proto::MAX_PASSPHRASE_BYTES));
    setContextMenuPolicy(Qt::NoContextMenu);
    setDragEnabled(false);
    setInputMethodHints(Qt::ImhSensitiveData | Qt::ImhNoPredictiveText | Qt::ImhNoAutoUppercase);
  }

 protected:
  void keyPressEvent(QKeyEvent* event) override {
    const auto text = event->text();
    if (text.size() == 1 && text[0].isLetter()) {
      const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
      m_capsNote->setVisible(text[0].isUpper() != shift && text[0].toUpper() != text[0].toLower());
    } else if (event->key() == Qt::Key_CapsLock) {
      m_capsNote->hide();
    }
    QLineEdit::keyPressEvent(event);
  }

 private:
  QLabel* m_capsNote;
};

bool fitsLimit(const QLineEdit& field) {
  auto bytes = field.text().toUtf8();
  const bool fits = static_cast<unsigned>(bytes.size()) <= proto::MAX_PASSPHRASE_BYTES;
  wipe(bytes);
  return fits;
}

int differentCharacters(const QString& text) {
  std::array<bool, 256> seen{};
  for (const auto c : text) seen[c.unicode() % seen.size()] = true;
  return static_cast<int>(std::count(seen.begin(), seen.end(), true));
}

struct Verdict {
  QString text;
  const char* kind;  // the property that colours it
  bool acceptable;
};

Verdict judge(const QString& first, const QString& second) {
  const auto length = first.size();
  const auto least = static_cast<qsizetype>(proto::MIN_PASSPHRASE_CHARACTERS);
  if (length == 0)
    return {QStringLiteral("At least %1 characters. Several words are easier to keep than signs.")
                .arg(least),
            "quiet",
            false};
  if (length < least)
    return {QStringLiteral("Too short: %1 of at least %2 characters.").arg(length).arg(least),
            "problem",
            false};
  if (second.isEmpty()) return {QStringLiteral("Now type it once more."), "quiet", false};
  if (first != second) return {QStringLiteral("The two do not match."), "problem", false};
  const int different = differentCharacters(first);
  if (length >= GOOD_LENGTH && different >= DIFFERENT_FOR_GOOD)
    return {QStringLiteral("Good: long and varied."), "good", true};
  if (length >= FAIR_LENGTH && different >= DIFFERENT_FOR_GOOD)
    return {QStringLiteral("Fair. Longer is better."), "quiet", true};
  return {QStringLiteral("Weak, but allowed. Longer is much better."), "problem", true};
}

QLabel* capsNote(QWidget* parent) {
  auto* note = new QLabel(QStringLiteral("Caps Lock seems to be on."), parent);
  note->setProperty("problem", true);
  note->hide();
  return note;
}

}  // namespace

AskPassphraseDialog::AskPassphraseDialog(const QString& reason, bool wrongBefore)
    : PromptDialog({QStringLiteral("askPassphrase"),
                    QStringLiteral("Enter your passphrase"),
                    QStringLiteral("Unlock"),
                    QStringLiteral("Cancel")}) {
  addText(shownText(reason, MAX_REASON_CHARACTERS));
  if (wrongBefore) addWarning(QStringLiteral("That was not the passphrase. Please try again."));
  auto* note = capsNote(this);
  m_field = new PassphraseField("passphrase", note, this);
  m_field->setPlaceholderText(QStringLiteral("Passphrase"));
  m_field->setAccessibleName(QStringLiteral("Passphrase"));
  body().addWidget(m_field);
  body().addWidget(note);
  setSatisfied(false);
  QObject::connect(m_field, &QLineEdit::textChanged, this, [this] {
    setSatisfied(!m_field->text().isEmpty() && fitsLimit(*m_field));
  });
  QObject::connect(m_field, &QLineEdit::returnPressed, this, [this] { approveFromKeyboard(); });
  m_field->setFocus();
}

AskPassphraseDialog::~AskPassphraseDialog() { wipeField(*m_field); }

SecretBytes AskPassphraseDialog::take() { return SecretBytes(*m_field); }

ChoosePassphraseDialog::ChoosePassphraseDialog(const QString& reason)
    : PromptDialog({QStringLiteral("choosePassphrase"),
                    QStringLiteral("Choose a passphrase"),
                    QStringLiteral("Use this passphrase"),
                    QStringLiteral("Cancel")}) {
  addText(shownText(reason, MAX_REASON_CHARACTERS));
  auto* note = capsNote(this);
  m_field = new PassphraseField("passphrase", note, this);
  m_field->setPlaceholderText(QStringLiteral("New passphrase"));
  m_field->setAccessibleName(QStringLiteral("New passphrase"));
  m_repeat = new PassphraseField("repeat", note, this);
  m_repeat->setPlaceholderText(QStringLiteral("The same again"));
  m_repeat->setAccessibleName(QStringLiteral("The new passphrase again"));
  body().addWidget(m_field);
  body().addWidget(m_repeat);
  body().addWidget(note);
  m_verdict = addQuiet(QString());
  addQuiet(
      QStringLiteral("Nobody can reset it. Without it only the seed words bring your coins back."));
  for (auto* field : {m_field, m_repeat}) {
    QObject::connect(field, &QLineEdit::textChanged, this, [this] { check(); });
  }
  QObject::connect(m_field, &QLineEdit::returnPressed, m_repeat, [this] { m_repeat->setFocus(); });
  QObject::connect(m_repeat, &QLineEdit::returnPressed, this, [this] { approveFromKeyboard(); });
  check();
  m_field->setFocus();
}

ChoosePassphraseDialog::~ChoosePassphraseDialog() {
  wipeField(*m_field);
  wipeField(*m_repeat);
}

void ChoosePassphraseDialog::check() {
  const auto verdict = judge(m_field->text(), m_repeat->text());
  m_verdict->setText(verdict.text);
  for (const char* kind : {"quiet", "problem", "good"})
    m_verdict->setProperty(kind, qstrcmp(kind, verdict.kind) == 0);
  m_verdict->style()->unpolish(m_verdict);
  m_verdict->style()->polish(m_verdict);
  setSatisfied(verdict.acceptable && fitsLimit(*m_field));
}

SecretBytes ChoosePassphraseDialog::take() {
  wipeField(*m_repeat);
  return SecretBytes(*m_field);
}

}  // namespace sallyport::display
