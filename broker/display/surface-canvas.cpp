// The renderer's surfaces: coming, going, being drawn. Input is in surface-canvas-input.cpp.
#include "broker/display/surface-canvas.h"

#include <QCursor>
#include <QPainter>
#include <QPixmap>
#include <QScreen>
#include <QWaylandOutput>
#include <QWaylandSeat>
#include <QWaylandSurface>
#include <QWaylandXdgShell>
#include <QWindow>
#include <algorithm>
#include <cmath>

#include "broker/display/frame-limits.h"
#include "broker/display/popup-placement.h"

namespace sallyport::display {
namespace {

constexpr int FALLBACK_FRAME_INTERVAL_MS = 16;
constexpr QColor DIMMED{0, 0, 0, 150};

// xdg-shell wants it within the surface; the client says what it likes.
QRect windowGeometryOf(const QWaylandXdgSurface& surface, QSize whole) {
  const QRect all(QPoint(), whole);
  const auto geometry = surface.windowGeometry() & all;
  return geometry.isEmpty() ? all : geometry;
}

}  // namespace

SurfaceCanvas::SurfaceCanvas(Events events, QWidget* parent)
    : QWidget(parent), m_events(std::move(events)) {
  setAttribute(Qt::WA_OpaquePaintEvent);
  setAttribute(Qt::WA_InputMethodEnabled,
               false);  // keys go through raw; composing is the renderer's
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  m_presentTimer.setSingleShot(true);
  m_presentTimer.setTimerType(Qt::PreciseTimer);
  m_presentTimer.callOnTimeout(this, [this] { present(); });
}

SurfaceCanvas::~SurfaceCanvas() { forgetClient(); }

void SurfaceCanvas::start(QWindow& host) {
  m_compositor = std::make_unique<PrivateCompositor>(
      host,
      ClientEvents{
          [this](auto* toplevel, auto* surface) { toplevelCreated(toplevel, surface); },
          [this](auto* popup, auto* surface) { popupCreated(popup, surface); },
          [this](auto* surface, int x, int y) { cursorRequested(surface, x, y); },
          [this] { clientGone(); },
      });
  m_keyboard = readHostKeyboard();
  useLayoutGroup(0);
}

void SurfaceCanvas::prepare(int fd) {
  m_compositor->setScale(static_cast<int>(std::ceil(devicePixelRatioF())));
  m_compositor->prepare(fd);
}

bool SurfaceCanvas::hasPrepared() const { return m_compositor->hasPrepared(); }

void SurfaceCanvas::showPrepared() {
  forgetClient();
  m_toplevelsMade = 0;
  m_firstFramePending = true;
  m_compositor->showPrepared();
  update();
}

void SurfaceCanvas::forgetClient() {
  removeToplevel();
  m_popups.clear();
  m_cursor.reset();
  m_pressed = nullptr;
  m_keysDown.clear();
  m_gesture.forget();
  unsetCursor();
  update();
}

void SurfaceCanvas::clientGone() {
  forgetClient();
  m_events.rendererGone();
}

void SurfaceCanvas::toplevelCreated(QWaylandXdgToplevel* toplevel, QWaylandXdgSurface* surface) {
  if (++m_toplevelsMade > MAX_TOPLEVELS) return m_compositor->reject("too many windows");
  if (m_toplevel) return toplevel->sendClose();  // a renderer has one window
  m_toplevelRole = toplevel;
  m_toplevelXdg = surface;
  m_toplevel = std::make_unique<SurfaceLayer>(
      *surface->surface(),
      m_compositor->output(),
      SurfaceLayer::Events{[this] { schedulePresent(); }, [this] { removeToplevel(); }});
  QObject::connect(toplevel, &QObject::destroyed, &m_toplevel->context(), [this] {
    m_toplevelRole = nullptr;
    removeToplevel();
  });
  // The role keeps a pointer to it, whether it is there or not.
  QObject::connect(
      surface, &QObject::destroyed, &m_toplevel->context(), [this] { removeToplevel(); });
  configureToplevel();
  updateKeyboardFocus();
}

void SurfaceCanvas::removeToplevel() {
  m_toplevelRole = nullptr;
  m_toplevelXdg = nullptr;
  if (!m_toplevel) return;
  if (m_pressed == m_toplevel.get()) m_pressed = nullptr;
  if (m_toplevel->hasPicture()) {
    m_lastPicture = m_toplevel->picture();
    m_lastSize = m_toplevel->logicalSize();
  }
  --m_toplevelsMade;
  m_toplevel.reset();
  update();
}

void SurfaceCanvas::popupCreated(QWaylandXdgPopup* popup, QWaylandXdgSurface* surface) {
  if (m_popups.size() >= MAX_POPUPS) return m_compositor->reject("too many popups");
  auto layer = std::make_unique<SurfaceLayer>(
      *surface->surface(),
      m_compositor->output(),
      SurfaceLayer::Events{[this] { schedulePresent(); }, [this, popup] { removePopup(popup); }});
  QObject::connect(
      popup, &QObject::destroyed, &layer->context(), [this, popup] { removePopup(popup); });
  QObject::connect(
      surface, &QObject::destroyed, &layer->context(), [this, popup] { removePopup(popup); });
  m_popups.push_back({popup, std::move(layer)});

  // In the parent's window coordinates, which is what the client is told; bounds: the host window
  // as seen from there.
  QPoint parentAt;
  for (const auto& other : m_popups) {
    if (other.role->xdgSurface() == popup->parentXdgSurface()) parentAt = other.place.topLeft();
  }
  const PopupWish wish{popup->anchorRect(),
                       popup->anchorEdges(),
                       popup->gravityEdges(),
                       popup->flipConstraints(),
                       popup->slideConstraints(),
                       popup->resizeConstraints(),
                       popup->offset(),
                       popup->positionerSize()};
  const auto relative = placePopup(wish, rect().translated(-parentAt));
  m_popups.back().place = relative.translated(parentAt);
  popup->sendConfigure(relative);
}

void SurfaceCanvas::removePopup(QWaylandXdgPopup* popup) {
  const auto found = std::find_if(
      m_popups.begin(), m_popups.end(), [popup](const auto& other) { return other.role == popup; });
  if (found == m_popups.end()) return;
  if (m_pressed == found->layer.get()) m_pressed = nullptr;
  m_popups.erase(found);
  update();
  sendPointer(mapFromGlobal(QCursor::pos()));
}

void SurfaceCanvas::dismissPopups() {
  for (auto popup = m_popups.rbegin(); popup != m_popups.rend(); ++popup) {
    if (popup->dismissed) continue;
    popup->dismissed = true;  // a client that does not take it away no longer has it shown
    popup->role->sendPopupDone();
  }
  update();
}

void SurfaceCanvas::cursorRequested(QWaylandSurface* surface, int hotspotX, int hotspotY) {
  m_cursorHotspot = QPoint(hotspotX, hotspotY);
  if (surface == nullptr) {
    m_cursor.reset();
    setCursor(Qt::BlankCursor);
    return;
  }
  if (m_cursor && m_cursor->surface() == surface) return showCursorPicture();
  surface->markAsCursorSurface(true);
  m_cursor = std::make_unique<SurfaceLayer>(*surface,
                                            m_compositor->output(),
                                            SurfaceLayer::Events{[this] { schedulePresent(); },
                                                                 [this] {
                                                                   m_cursor.reset();
                                                                   unsetCursor();
                                                                 }});
  if (surface->hasContent()) m_cursor->markDirty();
  schedulePresent();
}

void SurfaceCanvas::showCursorPicture() {
  if (!m_cursor || !m_cursor->hasPicture()) return;
  const auto& picture = m_cursor->picture();
  const auto size = m_cursor->logicalSize();
  if (picture.width() > MAX_CURSOR_SIDE || picture.height() > MAX_CURSOR_SIDE || size.isEmpty() ||
      !QRect(QPoint(), size).contains(m_cursorHotspot)) {
    return unsetCursor();
  }
  auto pixmap = QPixmap::fromImage(picture);
  pixmap.setDevicePixelRatio(static_cast<double>(picture.width()) / size.width());
  setCursor(QCursor(pixmap, m_cursorHotspot.x(), m_cursorHotspot.y()));
}

void SurfaceCanvas::configureToplevel() {
  if (m_toplevelRole == nullptr) return;
  QList<QWaylandXdgToplevel::State> states;
  if (hasFocus()) states.append(QWaylandXdgToplevel::ActivatedState);
  m_toplevelRole->sendConfigure(size(), states);
}

void SurfaceCanvas::resizeEvent(QResizeEvent*) {
  dismissPopups();
  if (m_compositor) m_compositor->setScale(static_cast<int>(std::ceil(devicePixelRatioF())));
  configureToplevel();
}

// Copying and drawing happen at most once an interval, however often the renderer commits.
void SurfaceCanvas::schedulePresent() {
  if (m_presentTimer.isActive()) return;
  const auto* window = this->window()->windowHandle();
  int interval = HIDDEN_FRAME_INTERVAL_MS;
  if (window != nullptr && window->isExposed() && isVisible()) {
    const auto rate = window->screen() == nullptr ? 0.0 : window->screen()->refreshRate();
    interval = rate > 1 ? static_cast<int>(1000 / rate) : FALLBACK_FRAME_INTERVAL_MS;
  }
  const auto waited = m_sincePresent.isValid() ? m_sincePresent.elapsed() : interval;
  m_presentTimer.start(static_cast<int>(std::clamp<qint64>(interval - waited, 0, interval)));
}

void SurfaceCanvas::present() {
  m_sincePresent.start();
  bool sound = true;
  if (m_toplevel && m_toplevel->isDirty()) {
    sound = m_toplevel->present() && sound;
    if (m_toplevelXdg != nullptr) {
      m_toplevel->origin = -windowGeometryOf(*m_toplevelXdg, m_toplevel->logicalSize()).topLeft();
    }
    update();
  }
  for (auto& popup : m_popups) {
    if (!popup.layer->isDirty()) continue;
    sound = popup.layer->present() && sound;
    const auto geometry = windowGeometryOf(*popup.role->xdgSurface(), popup.layer->logicalSize());
    popup.layer->origin = popup.place.topLeft() - geometry.topLeft();
    update();
  }
  if (m_cursor && m_cursor->isDirty()) {
    sound = m_cursor->present() && sound;
    showCursorPicture();
  }
  if (!sound) return m_compositor->reject("a buffer that cannot be shown");
  if (m_firstFramePending && m_toplevel && m_toplevel->hasPicture()) {
    m_firstFramePending = false;
    m_lastPicture = QImage();
    repaint();
    m_events.firstFrame();
  }
}

void SurfaceCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (!m_toplevel || !m_toplevel->hasPicture()) return paintPlaceholder(painter);
  const auto& window = *m_toplevel;
  const QRect covered(window.origin, window.logicalSize());
  if (!covered.contains(rect()) || window.picture().hasAlphaChannel()) {
    painter.fillRect(rect(), palette().window());
  }
  painter.setRenderHint(QPainter::SmoothPixmapTransform,
                        devicePixelRatioF() != std::floor(devicePixelRatioF()));
  painter.drawImage(covered, window.picture());
  for (const auto& popup : m_popups) {
    if (popup.dismissed || !popup.layer->hasPicture()) continue;
    painter.drawImage(QRect(popup.layer->origin, popup.layer->logicalSize()),
                      popup.layer->picture());
  }
}

void SurfaceCanvas::paintPlaceholder(QPainter& painter) {
  painter.fillRect(rect(), palette().window());
  const bool restarting = !m_lastPicture.isNull();
  if (restarting) {
    painter.drawImage(QRect(QPoint(), m_lastSize), m_lastPicture);
    painter.fillRect(rect(), DIMMED);
  }
  auto font = this->font();
  font.setPointSizeF(font.pointSizeF() * 1.2);
  painter.setFont(font);
  auto colour = restarting ? QColor(Qt::white) : palette().color(QPalette::WindowText);
  colour.setAlpha(restarting ? 230 : 150);
  painter.setPen(colour);
  painter.drawText(rect(),
                   Qt::AlignCenter,
                   restarting ? QStringLiteral("Restarting…") : QStringLiteral("Starting…"));
}

}  // namespace sallyport::display
