#include "broker/display/prompt-dialog.h"

#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLinearGradient>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

#include "broker/display/approve-button.h"
#include "broker/display/shown-text.h"

namespace sallyport::display {
namespace {

constexpr int MARGIN = 24;
constexpr int DIALOG_WIDTH = 600;
constexpr int BANNER_HEIGHT = 64;
constexpr int EMBLEM_SIDE = 36;
constexpr int MAX_NOTICE_CHARACTERS = 2000;

// The coloured bar with the gate emblem. Drawn, not a picture file: there is nothing to replace.
class Banner final : public QWidget {
 public:
  Banner(const Look& look, QWidget* parent) : QWidget(parent), m_look(look) {
    setFixedHeight(BANNER_HEIGHT);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QLinearGradient ground(0, 0, width(), 0);
    ground.setColorAt(0, m_look.bannerStart);
    ground.setColorAt(1, m_look.bannerEnd);
    painter.fillRect(rect(), ground);
    drawEmblem(painter, QRectF(MARGIN, (height() - EMBLEM_SIDE) / 2.0, EMBLEM_SIDE, EMBLEM_SIDE));

    const int left = MARGIN + EMBLEM_SIDE + 14;
    painter.setPen(m_look.bannerText);
    auto font = this->font();
    font.setPointSizeF(12.5);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.drawText(QRect(left, 12, width() - left, 22),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     QStringLiteral("Sallyport trusted prompt"));
    font.setPointSizeF(9.5);
    font.setWeight(QFont::Normal);
    painter.setFont(font);
    painter.setOpacity(0.85);
    painter.drawText(
        QRect(left, 34, width() - left, 18),
        Qt::AlignLeft | Qt::AlignVCenter,
        QStringLiteral("Asked by your vault. No web page can see or draw this window."));
  }

 private:
  // A shield with the two doors of a sally port, the inner one open.
  void drawEmblem(QPainter& painter, const QRectF& box) {
    painter.save();
    painter.translate(box.topLeft());
    painter.scale(box.width() / 36, box.height() / 36);
    QPainterPath shield;
    shield.moveTo(18, 1);
    shield.cubicTo(23, 4, 28, 5.5, 33, 6);
    shield.cubicTo(33.5, 19, 30, 29, 18, 35);
    shield.cubicTo(6, 29, 2.5, 19, 3, 6);
    shield.cubicTo(8, 5.5, 13, 4, 18, 1);
    auto fill = m_look.bannerText;
    fill.setAlpha(36);
    painter.setPen(QPen(m_look.bannerText, 2));
    painter.setBrush(fill);
    painter.drawPath(shield);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_look.bannerText);
    painter.drawRoundedRect(QRectF(11, 16, 14, 11), 2, 2);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_look.bannerText, 2.2));
    painter.drawArc(QRectF(13.5, 9.5, 9, 12), 0, 180 * 16);
    painter.restore();
  }

  const Look& m_look;
};

QLabel* textLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::NoTextInteraction);
  return label;
}

}  // namespace

PromptDialog::PromptDialog(const PromptTexts& texts)
    : m_method(texts.method), m_look(lookFor(QGuiApplication::palette())) {
  setWindowTitle(QStringLiteral("Sallyport trusted prompt"));
  setWindowFlags(Qt::Dialog | Qt::WindowTitleHint | Qt::WindowCloseButtonHint |
                 Qt::WindowStaysOnTopHint);
  setModal(false);
  setStyleSheet(m_look.styleSheet());
  setFixedWidth(DIALOG_WIDTH);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(new Banner(m_look, this));

  auto* inner = new QVBoxLayout;
  inner->setContentsMargins(MARGIN, 20, MARGIN, MARGIN);
  inner->setSpacing(14);
  column->addLayout(inner);
  auto* heading = textLabel(texts.heading, this);
  heading->setObjectName(QStringLiteral("heading"));
  inner->addWidget(heading);
  m_body = new QVBoxLayout;
  m_body->setSpacing(12);
  inner->addLayout(m_body);
  inner->addSpacing(6);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  if (!texts.decline.isEmpty()) {
    m_decline = new QPushButton(texts.decline, this);
    m_decline->setObjectName(QStringLiteral("decline"));
    m_decline->setAutoDefault(false);
    QObject::connect(m_decline, &QPushButton::clicked, this, [this] { reject(); });
    buttons->addWidget(m_decline);
    buttons->addSpacing(8);
  }
  m_approve = new ApproveButton(texts.approve, this);
  QObject::connect(m_approve, &QPushButton::clicked, this, [this] {
    if (m_approve->isArmed()) finish(Outcome::APPROVED);
  });
  buttons->addWidget(m_approve);
  inner->addLayout(buttons);
}

void PromptDialog::ask(std::function<void(Outcome)> answered) {
  m_answered = std::move(answered);
  fitHeight();
  if (const auto* screen = QGuiApplication::primaryScreen()) {
    const auto room = screen->availableGeometry();
    move(room.center() - QPoint(width() / 2, height() / 2));
  }
  show();
  raise();
  activateWindow();
}

// Wrapped text needs the height that belongs to this width; QDialog would guess.
void PromptDialog::fitHeight() {
  ensurePolished();
  layout()->activate();
  const auto wrapped = layout()->totalHeightForWidth(DIALOG_WIDTH);  // -1 when nothing wraps
  setFixedHeight(wrapped > 0 ? wrapped : layout()->totalSizeHint().height());
}

bool PromptDialog::event(QEvent* event) {
  const bool handled = QDialog::event(event);
  if (event->type() == QEvent::LayoutRequest && isVisible()) fitHeight();
  return handled;
}

void PromptDialog::finish(Outcome outcome) {
  if (!m_answered) return;
  const auto answered = std::move(m_answered);
  m_answered = nullptr;
  hide();
  answered(outcome);
}

void PromptDialog::reject() { finish(Outcome::DECLINED); }

void PromptDialog::closeEvent(QCloseEvent* event) {
  event->ignore();
  reject();
}

void PromptDialog::setSatisfied(bool satisfied) {
  if (m_approve->isEnabled() != satisfied) m_approve->setEnabled(satisfied);
}

void PromptDialog::approveFromKeyboard() {
  if (m_approve->isEnabled() && m_approve->isArmed()) finish(Outcome::APPROVED);
}

void PromptDialog::changeEvent(QEvent* event) {
  if (event->type() == QEvent::ActivationChange) m_approve->rearm();
  QDialog::changeEvent(event);
}

void PromptDialog::showEvent(QShowEvent* event) {
  fitHeight();
  QDialog::showEvent(event);
  m_approve->rearm();
}

void PromptDialog::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
    return;  // there is no default button
  QDialog::keyPressEvent(event);
}

QLabel* PromptDialog::addText(const QString& text) {
  auto* label = textLabel(text, this);
  m_body->addWidget(label);
  return label;
}

QLabel* PromptDialog::addQuiet(const QString& text) {
  auto* label = addText(text);
  label->setProperty("quiet", true);
  return label;
}

QLabel* PromptDialog::addWarning(const QString& text) {
  auto* label = addText(text);
  label->setProperty("warning", true);
  return label;
}

NoticeDialog::NoticeDialog(const QString& title, const QString& text)
    : PromptDialog(
          {QStringLiteral("notify"), shownText(title, 120), QStringLiteral("Close"), QString()}) {
  addText(shownText(text, MAX_NOTICE_CHARACTERS));
}

}  // namespace sallyport::display
