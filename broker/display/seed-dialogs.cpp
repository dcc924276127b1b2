#include "broker/display/seed-dialogs.h"

#include <QCheckBox>
#include <QFontDatabase>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPolygonF>
#include <QRadioButton>
#include <QRegularExpression>
#include <QStyleOptionButton>
#include <QVBoxLayout>

#include "broker/display/shown-text.h"

namespace sallyport::display {
namespace {

constexpr int MAX_NAME_CHARACTERS = 60;
constexpr int MAX_WORD_CHARACTERS = 16;
constexpr int SHORT_SEED = 12;
constexpr int LONG_SEED = 24;
constexpr int COLUMNS_SHORT = 3;
constexpr int COLUMNS_LONG = 4;

QString named(const QString& walletName) {
  return QStringLiteral("“%1”").arg(shownText(walletName, MAX_NAME_CHARACTERS));
}

QLabel* numberLabel(int number, QWidget* parent) {
  auto* label = new QLabel(QStringLiteral("%1").arg(number), parent);
  label->setProperty("quiet", true);
  label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  label->setMinimumWidth(20);
  return label;
}

// Numbers run down the columns, as on the paper.
QPoint cellOf(int index, int count, int columns) {
  const int rows = (count + columns - 1) / columns;
  return {index / rows, index % rows};
}

// The style sheet draws the box; a mark that is not a picture file has to be drawn here.
class CheckBox final : public QCheckBox {
 public:
  CheckBox(const Look& look, const QString& text, QWidget* parent)
      : QCheckBox(text, parent), m_look(look) {}

 protected:
  void paintEvent(QPaintEvent* event) override {
    QCheckBox::paintEvent(event);
    if (!isChecked()) return;
    QStyleOptionButton option;
    initStyleOption(&option);
    const auto box = QRectF(style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, this));
    const auto at = [&box](double x, double y) {
      return QPointF(box.x() + x * box.width(), box.y() + y * box.height());
    };
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_look.accentText, 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(QPolygonF({at(0.26, 0.52), at(0.44, 0.70), at(0.75, 0.32)}));
  }

 private:
  const Look& m_look;
};

QFont wordFont(double points) {
  auto font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  font.setPointSizeF(points);
  font.setWeight(QFont::DemiBold);
  return font;
}

}  // namespace

ShowSeedDialog::ShowSeedDialog(const QString& walletName, QStringList words)
    : PromptDialog({QStringLiteral("showSeed"),
                    QStringLiteral("Write down the seed words of %1").arg(named(walletName)),
                    QStringLiteral("I have written them down"),
                    QStringLiteral("Cancel")}),
      m_words(std::move(words)) {
  addText(QStringLiteral("These %1 words, in this order, are your wallet. They are shown only now.")
              .arg(m_words.size()));
  auto* card = new QFrame(this);
  card->setObjectName(QStringLiteral("card"));
  auto* grid = new QGridLayout(card);
  grid->setContentsMargins(16, 14, 16, 14);
  grid->setVerticalSpacing(m_words.size() > SHORT_SEED ? 8 : 12);
  const int columns = m_words.size() > SHORT_SEED ? COLUMNS_LONG : COLUMNS_SHORT;
  for (int i = 0; i < m_words.size(); ++i) {
    const auto cell = cellOf(i, static_cast<int>(m_words.size()), columns);
    auto* word = new QLabel(m_words[i], card);
    word->setTextFormat(Qt::PlainText);
    word->setTextInteractionFlags(Qt::NoTextInteraction);
    word->setFont(wordFont(m_words.size() > SHORT_SEED ? 11 : 12.5));
    m_labels.append(word);
    grid->addWidget(numberLabel(i + 1, card), cell.y(), cell.x() * 2);
    grid->addWidget(word, cell.y(), cell.x() * 2 + 1);
    grid->setColumnStretch(cell.x() * 2 + 1, 1);
  }
  body().addWidget(card);
#if SALLYPORT_TESTING
  setProperty("words", m_words);  // what the prompt script remembers
#endif
  addWarning(
      QStringLiteral("Write them on paper. Do not photograph them, store them in a file or tell "
                     "them to anyone: whoever has these "
                     "words has your coins. No support will ever ask for them."));
  auto* written =
      new QCheckBox(QStringLiteral("All %1 words are on paper, in order, and I checked them.")
                        .arg(m_words.size()),
                    this);
  written->setObjectName(QStringLiteral("written"));
  body().addWidget(written);
  setSatisfied(false);
  QObject::connect(written, &QCheckBox::toggled, this, [this](bool on) { setSatisfied(on); });
  written->setFocus();
}

ShowSeedDialog::~ShowSeedDialog() {
  for (int i = 0; i < m_labels.size(); ++i) {
    auto text = m_labels[i]->text();
    wipe(text);
    m_labels[i]->clear();
    wipe(m_words[i]);
  }
}

WordsDialog* WordsDialog::askBack(const QString& walletName, const QList<int>& positions) {
  auto* dialog = new WordsDialog({QStringLiteral("askWords"),
                                  QStringLiteral("Check your paper"),
                                  QStringLiteral("Continue"),
                                  QStringLiteral("Cancel")});
  dialog->addText(QStringLiteral("Type these seed words of %1 from what you wrote down.")
                      .arg(named(walletName)));
  dialog->addFields(positions, 1);
  dialog->showCount(static_cast<int>(positions.size()));
  return dialog;
}

WordsDialog* WordsDialog::enterSeed(const QString& walletName) {
  auto* dialog = new WordsDialog({QStringLiteral("enterSeed"),
                                  QStringLiteral("Restore %1").arg(named(walletName)),
                                  QStringLiteral("Restore"),
                                  QStringLiteral("Cancel")});
  dialog->addText(QStringLiteral(
      "Type the seed words from your paper, in order. Space or Tab goes to the next field."));
  auto* choice = new QHBoxLayout;
  auto* twelve = new QRadioButton(QStringLiteral("12 words"), dialog);
  twelve->setObjectName(QStringLiteral("words12"));
  auto* twentyFour = new QRadioButton(QStringLiteral("24 words"), dialog);
  twentyFour->setObjectName(QStringLiteral("words24"));
  twelve->setChecked(true);
  choice->addWidget(twelve);
  choice->addSpacing(16);
  choice->addWidget(twentyFour);
  choice->addStretch();
  dialog->body().addLayout(choice);
  QList<int> positions;
  for (int i = 1; i <= LONG_SEED; ++i) positions.append(i);
  dialog->addFields(positions, COLUMNS_SHORT);
  dialog->showCount(SHORT_SEED);
  QObject::connect(twentyFour, &QRadioButton::toggled, dialog, [dialog](bool on) {
    dialog->showCount(on ? LONG_SEED : SHORT_SEED);
  });
  dialog->addQuiet(
      QStringLiteral("Words are sent to your vault only; no web page and no server sees them."));
  return dialog;
}

WordsDialog::~WordsDialog() {
  for (auto* field : m_fields) wipeField(*field);
}

void WordsDialog::addFields(const QList<int>& positions, int columns) {
  m_grid = new QGridLayout;
  m_grid->setHorizontalSpacing(8);
  for (int i = 0; i < positions.size(); ++i) {
    auto* field = new QLineEdit(this);
    field->setObjectName(QStringLiteral("word%1").arg(i + 1));
    field->setAccessibleName(QStringLiteral("Word %1").arg(positions[i]));
    field->setProperty("word", columns > 1);
    field->setContextMenuPolicy(Qt::NoContextMenu);
    field->setDragEnabled(false);
    field->setInputMethodHints(Qt::ImhSensitiveData | Qt::ImhNoPredictiveText |
                               Qt::ImhNoAutoUppercase);
    QObject::connect(field, &QLineEdit::textChanged, this, [this, field] {
      pasted(*field);
      check();
    });
    QObject::connect(field, &QLineEdit::returnPressed, this, [this, i] {
      if (i + 1 < m_count)
        m_fields[i + 1]->setFocus();
      else
        approveFromKeyboard();
    });
    m_fields.append(field);
    m_numbers.append(numberLabel(positions[i], this));
    const auto cell = columns == 1 ? QPoint(0, i) : QPoint(i % columns, i / columns);
    m_grid->addWidget(m_numbers.last(), cell.y(), cell.x() * 2);
    m_grid->addWidget(field, cell.y(), cell.x() * 2 + 1);
  }
  body().addLayout(m_grid);
  m_fields.first()->setFocus();
}

void WordsDialog::showCount(int count) {
  m_count = count;
  for (int i = 0; i < m_fields.size(); ++i) {
    m_fields[i]->setVisible(i < count);
    m_numbers[i]->setVisible(i < count);
  }
  check();
}

// White space ends a word: what follows goes into the next fields, one typed space or a whole
// pasted line.
void WordsDialog::pasted(QLineEdit& field) {
  auto text = field.text();
  static const QRegularExpression SPACE(QStringLiteral("\\s+"));
  if (!text.contains(SPACE)) {
    if (text.size() > MAX_WORD_CHARACTERS) field.setText(text.left(MAX_WORD_CHARACTERS));
    return;
  }
  auto words = text.split(SPACE, Qt::SkipEmptyParts);
  const bool endsWord = text.back().isSpace();
  auto at = static_cast<int>(m_fields.indexOf(&field));
  field.setText(words.isEmpty() ? QString() : words.first().left(MAX_WORD_CHARACTERS));
  for (int i = 1; i < words.size() && at + 1 < m_count; ++i) {
    ++at;
    m_fields[at]->setText(words[i].left(MAX_WORD_CHARACTERS));
  }
  if (endsWord && !words.isEmpty() && at + 1 < m_count) ++at;
  m_fields[at]->setFocus();
  for (auto& word : words) wipe(word);
}

void WordsDialog::check() {
  int filled = 0;
  for (int i = 0; i < m_count; ++i) {
    if (!m_fields[i]->text().trimmed().isEmpty()) ++filled;
  }
  setSatisfied(m_count > 0 && filled == m_count);
}

std::vector<SecretBytes> WordsDialog::take() {
  std::vector<SecretBytes> words;
  for (int i = 0; i < m_count; ++i) {
    m_fields[i]->setText(m_fields[i]->text().trimmed().toLower());
    words.emplace_back(*m_fields[i]);
  }
  return words;
}

}  // namespace sallyport::display
