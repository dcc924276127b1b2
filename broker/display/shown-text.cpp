// Decides by Unicode category, not by a list of known tricks.
#include "broker/display/shown-text.h"

#include <QList>

namespace sallyport::display {
namespace {

constexpr int MAX_TITLE_CHARACTERS = 120;
constexpr int MAX_COMBINING_RUN = 2;  // more marks on one letter climb over their neighbours
constexpr char32_t REPLACEMENT = 0xFFFD;

bool deceives(char32_t c) {
  switch (QChar::category(c)) {
    case QChar::Other_Control:
    case QChar::Other_Format:  // bidi embeddings and isolates, zero-width joiners, tags
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
      return true;
    default:
      return false;
  }
}

bool isMark(char32_t c) {
  const auto category = QChar::category(c);
  return category == QChar::Mark_NonSpacing || category == QChar::Mark_Enclosing;
}

}  // namespace

QString shownText(const QString& foreign, int maxCharacters) {
  QList<char32_t> shown;
  int marks = 0;
  bool cut = false;
  const auto points = foreign.toUcs4();
  for (const auto raw : points) {
    auto c = static_cast<char32_t>(raw);
    if (QChar::isSpace(c))
      c = U' ';
    else if (deceives(c))
      c = REPLACEMENT;
    if (c == U' ' && (shown.isEmpty() || shown.last() == U' ')) continue;
    marks = isMark(c) ? marks + 1 : 0;
    if (marks > MAX_COMBINING_RUN) continue;
    if (shown.size() >= maxCharacters) {
      cut = true;
      break;
    }
    shown.append(c);
  }
  while (!shown.isEmpty() && shown.last() == U' ') shown.removeLast();
  auto text = QString::fromUcs4(shown.constData(), shown.size());
  if (cut) text += QChar(0x2026);
  return text;
}

QString frameTitle(const QString& title, const QString& label) {
  const auto words = shownText(title, MAX_TITLE_CHARACTERS);
  auto name = shownText(label, MAX_TITLE_CHARACTERS);
  if (words.isEmpty()) return name;
  return words + QStringLiteral(" · ") + name;
}

}  // namespace sallyport::display
