#include "broker/display/frame-window.h"

#include <QCloseEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QStackedLayout>
#include <QVBoxLayout>
#include <initializer_list>

#include "broker/display/frame-clipboard.h"
#include "broker/display/shown-text.h"
#include "broker/display/surface-canvas.h"
#include "proto/frame.capnp.h"

namespace sallyport::display {
namespace {

constexpr int MAX_CRASH_CHARACTERS = 400;
constexpr int PAGE_TEXT_WIDTH = 440;
constexpr std::chrono::milliseconds PLACE_INTERVAL{
    100};  // between two reports of a window that is dragged

bool hostTellsPositions() { return !QGuiApplication::platformName().startsWith(u"wayland"); }

QSize bounded(QSize size) {
  return size.expandedTo(QSize(proto::MIN_SIDE, proto::MIN_SIDE))
      .boundedTo(QSize(proto::MAX_SIDE, proto::MAX_SIDE));
}

QLabel* makeText(QWidget* page) {
  auto* text = new QLabel(page);
  text->setTextFormat(Qt::PlainText);
  text->setWordWrap(true);
  text->setAlignment(Qt::AlignCenter);
  text->setFixedWidth(PAGE_TEXT_WIDTH);
  return text;
}

QPushButton* makeButton(const QString& words, QWidget* page) {
  auto* button = new QPushButton(words, page);
  button->setMinimumWidth(140);
  button->setAutoDefault(true);
  return button;
}

// A page of the frame's own: what happened, what it means, what can be done.
void layOut(QWidget* page,
            const QString& words,
            QLabel* text,
            std::initializer_list<QPushButton*> buttons) {
  auto* heading = new QLabel(words, page);
  auto font = heading->font();
  font.setPointSizeF(font.pointSizeF() * 1.6);
  font.setBold(true);
  heading->setFont(font);
  heading->setAlignment(Qt::AlignCenter);
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  for (auto* button : buttons) row->addWidget(button);
  row->addStretch(1);
  auto* column = new QVBoxLayout(page);
  column->setSpacing(16);
  column->addStretch(2);
  column->addWidget(heading);
  column->addWidget(text, 0, Qt::AlignHCenter);
  column->addLayout(row);
  column->addStretch(3);
}

}  // namespace

FrameWindow::FrameWindow(const QString& label, Events events)
    : m_events(std::move(events)),
      m_label(label),
      m_pages(new QStackedLayout(this)),
      m_canvas(new SurfaceCanvas({[this] { m_events.firstFrame(); },
                                  [this] {
                                    showHang(false);
                                    m_events.rendererGone();
                                  }},
                                 this)),
      m_clipboard(new FrameClipboard(this)),
      m_crashPage(makeCrashPage()),
      m_hangPage(makeHangPage()) {
  m_pages->setContentsMargins(0, 0, 0, 0);
  m_pages->addWidget(m_canvas);
  m_pages->addWidget(m_crashPage);
  m_pages->addWidget(m_hangPage);
  m_tellPlace.setSingleShot(true);
  m_tellPlace.setInterval(PLACE_INTERVAL);
  QObject::connect(
      &m_tellPlace, &QTimer::timeout, this, [this] { m_events.placed(place(), isActiveWindow()); });
}

QWidget* FrameWindow::makeCrashPage() {
  auto* page = new QWidget(this);
  m_crashText = makeText(page);
  m_reload = makeButton(QStringLiteral("Reload"), page);
  m_reload->setObjectName(QStringLiteral("reload"));
  QObject::connect(m_reload, &QPushButton::clicked, this, [this] { m_events.reloadRequested(); });
  layOut(page, QStringLiteral("This page has stopped"), m_crashText, {m_reload});
  return page;
}

QWidget* FrameWindow::makeHangPage() {
  auto* page = new QWidget(this);
  auto* text = makeText(page);
  text->setText(
      QStringLiteral("You can wait for it, or end it and load it again. What it has not saved is "
                     "lost then."));
  m_wait = makeButton(QStringLiteral("&Wait"), page);
  auto* end = makeButton(QStringLiteral("&End and reload"), page);
  QObject::connect(m_wait, &QPushButton::clicked, this, [this] {
    showHang(false);
    m_events.waitRequested();
  });
  QObject::connect(end, &QPushButton::clicked, this, [this] {
    showHang(false);
    m_events.endRequested();
  });
  layOut(page, QStringLiteral("This page does not answer"), text, {m_wait, end});
  return page;
}

void FrameWindow::open(const QString& title, const FramePlace& place) {
  setPageTitle(title);
  setMinimumSize(proto::MIN_SIDE, proto::MIN_SIDE);
  resize(bounded(place.size));
  if (place.position) moveTo(*place.position);
  if (place.state == Qt::WindowMaximized) setWindowState(Qt::WindowMaximized);
  winId();  // the compositor's output needs the host window
  m_canvas->start(*windowHandle());
  show();
  bringToFront();
  m_canvas->setFocus();
}

void FrameWindow::setPageTitle(const QString& title) { setWindowTitle(frameTitle(title, m_label)); }

void FrameWindow::prepareRenderer(int fd) { m_canvas->prepare(fd); }

bool FrameWindow::showRenderer() {
  if (!m_canvas->hasPrepared()) return false;
  m_pages->setCurrentWidget(m_canvas);
  m_canvas->setFocus();
  m_canvas->showPrepared();
  return true;
}

void FrameWindow::showCrash(const QString& text) {
  m_crashText->setText(shownText(text, MAX_CRASH_CHARACTERS));
  m_pages->setCurrentWidget(m_crashPage);
  m_reload->setFocus();
}

void FrameWindow::showHang(bool hung) {
  if (hung == (m_pages->currentWidget() == m_hangPage)) return;
  if (hung && m_pages->currentWidget() != m_canvas) return;  // it has crashed meanwhile
  m_pages->setCurrentWidget(hung ? m_hangPage : static_cast<QWidget*>(m_canvas));
  if (hung)
    m_wait->setFocus();
  else
    m_canvas->setFocus();
}

void FrameWindow::bringToFront() {
  raise();
  activateWindow();
}

FramePlace FrameWindow::place() const {
  FramePlace place;
  place.state = isFullScreen()  ? Qt::WindowFullScreen
                : isMaximized() ? Qt::WindowMaximized
                : isMinimized() ? Qt::WindowMinimized
                                : Qt::WindowNoState;
  const bool wide = isFullScreen() || isMaximized();
  const auto normal = wide && normalGeometry().isValid() ? normalGeometry() : geometry();
  place.size = bounded(normal.size());
  if (hostTellsPositions()) place.position = wide ? normal.topLeft() : pos();
  return place;
}

// A screen that was unplugged since must not hide the window: some of its top has to be in sight.
void FrameWindow::moveTo(QPoint position) {
  const QRect handle(position, QSize(width(), proto::MIN_SIDE / 4));
  for (const auto* screen : QGuiApplication::screens()) {
    const auto seen = screen->availableGeometry().intersected(handle);
    if (seen.width() >= proto::MIN_SIDE / 2 && seen.height() >= handle.height() / 2)
      return move(position);
  }
}

void FrameWindow::setBounds(const FramePlace& place) {
  setWindowState(windowState() & ~(Qt::WindowMaximized | Qt::WindowFullScreen));
  resize(bounded(place.size));
  if (place.position) moveTo(*place.position);
}

void FrameWindow::setState(Qt::WindowState state) { setWindowState(state); }

bool FrameWindow::takeGesture() {
  return presence() != Presence::NO_FOCUS && m_canvas->gesture().take(UserGesture::Clock::now());
}

FrameWindow::Presence FrameWindow::presence() const {
  if (!isActiveWindow() || !m_canvas->hasFocus()) return Presence::NO_FOCUS;
  return m_canvas->gesture().isRecent(UserGesture::Clock::now()) ? Presence::HERE
                                                                 : Presence::NO_GESTURE;
}

void FrameWindow::closeEvent(QCloseEvent* event) {
  event->ignore();  // the broker decides, and calls close()
  m_events.closeRequested();
}

void FrameWindow::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (!m_tellPlace.isActive()) m_tellPlace.start();
}

void FrameWindow::moveEvent(QMoveEvent* event) {
  QWidget::moveEvent(event);
  if (!m_tellPlace.isActive()) m_tellPlace.start();
}

void FrameWindow::changeEvent(QEvent* event) {
  // A window that comes back from another desktop or from below must not show an old picture.
  if (event->type() == QEvent::ActivationChange || event->type() == QEvent::WindowStateChange)
    update();
  if (!m_tellPlace.isActive()) m_tellPlace.start();
  QWidget::changeEvent(event);
}

}  // namespace sallyport::display
