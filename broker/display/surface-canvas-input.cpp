// The user's input on its way to the renderer. Only what happens over or with focus in this window
// arrives here, so a renderer can learn nothing of the rest of the desktop.
#include <wayland-server-protocol.h>

#include <QMouseEvent>
#include <QWaylandKeyboard>
#include <QWaylandPointer>
#include <QWaylandSeat>
#include <QWaylandSurface>
#include <QWaylandXdgShell>

#include "broker/display/surface-canvas.h"

namespace sallyport::display {
namespace {

constexpr int ANGLE_PER_CLICK = 120;     // QWheelEvent::angleDelta of one notch
constexpr double AXIS_PER_CLICK = 10.0;  // what Wayland clients expect for one notch
constexpr int ESCAPE_GRACE_MS = 200;  // a client closes its own popup on Escape; after that we do

struct AxisMove {
  wl_pointer_axis axis;
  double smooth;  // surface units; 0 when the device has only notches
  int angle;
};

// QWaylandSeat::sendMouseWheelEvent rounds to whole units and knows no notches, so the events are
// made here.
void sendAxis(wl_resource* pointer, quint32 time, const AxisMove& move) {
  const double value =
      move.smooth != 0 ? move.smooth : move.angle * AXIS_PER_CLICK / ANGLE_PER_CLICK;
  if (value == 0) return;
  const bool notches = move.smooth == 0 && move.angle % ANGLE_PER_CLICK == 0;
  const auto version = wl_resource_get_version(pointer);
  if (version >= WL_POINTER_AXIS_SOURCE_SINCE_VERSION) {
    wl_pointer_send_axis_source(
        pointer, notches ? WL_POINTER_AXIS_SOURCE_WHEEL : WL_POINTER_AXIS_SOURCE_FINGER);
    if (notches) wl_pointer_send_axis_discrete(pointer, move.axis, -move.angle / ANGLE_PER_CLICK);
  }
  wl_pointer_send_axis(pointer, time, move.axis, wl_fixed_from_double(-value));
  if (version >= WL_POINTER_FRAME_SINCE_VERSION) wl_pointer_send_frame(pointer);
}

// As with a browser's user activation: not the key that says "no", and not one that only changes
// the next.
bool asksForSomething(int key) {
  switch (key) {
    case Qt::Key_Escape:
    case Qt::Key_Shift:
    case Qt::Key_Control:
    case Qt::Key_Alt:
    case Qt::Key_AltGr:
    case Qt::Key_Meta:
    case Qt::Key_CapsLock:
    case Qt::Key_NumLock:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool SurfaceCanvas::hasOpenPopup() const {
  for (const auto& popup : m_popups) {
    if (!popup.dismissed) return true;
  }
  return false;
}

SurfaceLayer* SurfaceCanvas::layerAt(QPoint position) {
  for (auto popup = m_popups.rbegin(); popup != m_popups.rend(); ++popup) {
    auto& layer = *popup->layer;
    if (popup->dismissed || !layer.hasPicture() || layer.surface() == nullptr) continue;
    const QRect area(layer.origin, layer.logicalSize());
    if (area.contains(position) && layer.surface()->inputRegionContains(position - layer.origin)) {
      return &layer;
    }
  }
  return m_toplevel && m_toplevel->surface() != nullptr ? m_toplevel.get() : nullptr;
}

void SurfaceCanvas::sendPointer(QPointF position) {
  if (!m_compositor || !m_compositor->hasClient()) return;
  auto* layer = m_pressed != nullptr ? m_pressed : layerAt(position.toPoint());
  if (layer == nullptr || layer->surface() == nullptr) return;
  m_compositor->seat().sendMouseMoveEvent(&layer->view(), position - layer->origin, position);
}

void SurfaceCanvas::mousePressEvent(QMouseEvent* event) {
  if (!m_compositor || !m_compositor->hasClient()) return;
  auto* layer = layerAt(event->position().toPoint());
  if (hasOpenPopup() && layer == m_toplevel.get()) {
    m_swallowRelease = true;  // as with any menu: the click outside closes it and does nothing else
    return dismissPopups();
  }
  if (layer == nullptr) return;
  m_pressed = m_pressed != nullptr ? m_pressed : layer;
  sendPointer(event->position());
  m_gesture.note(UserGesture::Clock::now());
  m_compositor->seat().sendMousePressEvent(event->button());
}

void SurfaceCanvas::mouseDoubleClickEvent(QMouseEvent* event) { mousePressEvent(event); }

void SurfaceCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (m_swallowRelease) {
    m_swallowRelease = false;
    return;
  }
  if (!m_compositor || !m_compositor->hasClient()) return;
  sendPointer(event->position());
  if (m_pressed != nullptr) m_gesture.renew(UserGesture::Clock::now());
  m_compositor->seat().sendMouseReleaseEvent(event->button());
  if (event->buttons() == Qt::NoButton) m_pressed = nullptr;
}

void SurfaceCanvas::mouseMoveEvent(QMouseEvent* event) { sendPointer(event->position()); }

void SurfaceCanvas::leaveEvent(QEvent*) {
  if (m_compositor && m_compositor->hasClient() && m_pressed == nullptr) {
    m_compositor->seat().setMouseFocus(nullptr);
  }
}

void SurfaceCanvas::wheelEvent(QWheelEvent* event) {
  event->accept();
  if (!m_compositor || !m_compositor->hasClient()) return;
  sendPointer(event->position());
  auto* pointer = m_compositor->seat().pointer()->focusResource();
  if (pointer == nullptr) return;
  const auto time = static_cast<quint32>(event->timestamp());
  const auto pixels = event->pixelDelta();
  const auto angle = event->angleDelta();
  sendAxis(
      pointer, time, {WL_POINTER_AXIS_VERTICAL_SCROLL, static_cast<double>(pixels.y()), angle.y()});
  sendAxis(pointer,
           time,
           {WL_POINTER_AXIS_HORIZONTAL_SCROLL, static_cast<double>(pixels.x()), angle.x()});
}

void SurfaceCanvas::keyPressEvent(QKeyEvent* event) {
  event->accept();
  if (!m_compositor || !m_compositor->hasClient()) return;
  auto& seat = m_compositor->seat();
  if (seat.keyboardFocus() == nullptr || event->isAutoRepeat())
    return;  // the client repeats by itself
  useLayoutGroup(layoutGroupOf(*event));
  if (event->nativeScanCode() != 0) m_keysDown.insert(event->nativeScanCode());
  if (asksForSomething(event->key())) m_gesture.note(UserGesture::Clock::now());
  seat.sendFullKeyEvent(event);
  if (event->key() == Qt::Key_Escape && hasOpenPopup()) {
    QTimer::singleShot(ESCAPE_GRACE_MS, this, [this, asked = m_popups.back().role] {
      if (!m_popups.empty() && m_popups.back().role == asked) dismissPopups();
    });
  }
}

void SurfaceCanvas::keyReleaseEvent(QKeyEvent* event) {
  event->accept();
  if (!m_compositor || !m_compositor->hasClient()) return;
  auto& seat = m_compositor->seat();
  m_keysDown.remove(event->nativeScanCode());
  if (seat.keyboardFocus() == nullptr || event->isAutoRepeat()) return;
  seat.sendFullKeyEvent(event);
}

void SurfaceCanvas::useLayoutGroup(int group) {
  if (group >= m_keyboard.groups.size()) group = 0;
  if (group == m_layoutGroup) return;
  m_layoutGroup = group;
  const auto& chosen = m_keyboard.groups[group];
  m_compositor->setKeyboardLayout(
      m_keyboard.rules, m_keyboard.model, chosen.layout, chosen.variant, m_keyboard.options);
}

void SurfaceCanvas::updateKeyboardFocus() {
  if (!m_compositor) return;
  const bool wanted = hasFocus() && m_toplevel && m_toplevel->surface() != nullptr;
  m_compositor->seat().setKeyboardFocus(wanted ? m_toplevel->surface() : nullptr);
}

// The host tells nothing of keys that come up while another window has the focus.
void SurfaceCanvas::releaseKeys() {
  if (m_compositor && m_compositor->hasClient()) {
    auto* keyboard = m_compositor->seat().keyboard();
    for (const auto key : m_keysDown) keyboard->sendKeyReleaseEvent(key);
  }
  m_keysDown.clear();
}

void SurfaceCanvas::focusInEvent(QFocusEvent*) {
  configureToplevel();
  updateKeyboardFocus();
}

void SurfaceCanvas::focusOutEvent(QFocusEvent*) {
  releaseKeys();
  dismissPopups();
  configureToplevel();
  updateKeyboardFocus();
}

bool SurfaceCanvas::focusNextPrevChild(bool) { return false; }  // Tab is the page's

bool SurfaceCanvas::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    event->accept();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace sallyport::display
