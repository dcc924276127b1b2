// The area of the host window in which a renderer is seen: its one toplevel, its popups on top, its
// cursor; and the way of the user's input to it. Role frame. Pictures and geometry come from the
// hostile side.
#pragma once

#include <QElapsedTimer>
#include <QSet>
#include <QTimer>
#include <QWidget>
#include <functional>
#include <memory>
#include <vector>

#include "broker/display/host-keyboard.h"
#include "broker/display/private-compositor.h"
#include "broker/display/surface-layer.h"
#include "broker/display/user-gesture.h"

class QWaylandXdgPopup;
class QWaylandXdgSurface;
class QWaylandXdgToplevel;

namespace sallyport::display {

class SurfaceCanvas final : public QWidget {
 public:
  struct Events {
    std::function<void()> firstFrame;  // once for each renderer that is shown
    std::function<void()> rendererGone;
  };

  explicit SurfaceCanvas(Events events, QWidget* parent = nullptr);
  ~SurfaceCanvas() override;

  // The host window exists from here on; before it there is no output to offer.
  void start(QWindow& host);
  void prepare(int fd);  // takes the descriptor, of the renderer that is shown next
  bool hasPrepared() const;
  void showPrepared();

  // Of this renderer, not of a former one.
  UserGesture& gesture() { return m_gesture; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  bool event(QEvent* event) override;

 private:
  struct Popup {
    QWaylandXdgPopup* role;
    std::unique_ptr<SurfaceLayer> layer;
    QRect place = {};  // in the host window
    bool dismissed = false;
  };

  void toplevelCreated(QWaylandXdgToplevel* toplevel, QWaylandXdgSurface* surface);
  void popupCreated(QWaylandXdgPopup* popup, QWaylandXdgSurface* surface);
  void cursorRequested(QWaylandSurface* surface, int hotspotX, int hotspotY);
  void clientGone();
  void forgetClient();
  void removeToplevel();
  void removePopup(QWaylandXdgPopup* popup);
  void dismissPopups();

  void configureToplevel();
  void schedulePresent();
  void present();
  void showCursorPicture();
  void paintPlaceholder(QPainter& painter);

  SurfaceLayer* layerAt(QPoint position);
  bool hasOpenPopup() const;
  void sendPointer(QPointF position);
  void updateKeyboardFocus();
  void releaseKeys();
  void useLayoutGroup(int group);

  Events m_events;
  std::unique_ptr<PrivateCompositor> m_compositor;
  QWaylandXdgToplevel* m_toplevelRole = nullptr;
  QWaylandXdgSurface* m_toplevelXdg = nullptr;
  std::unique_ptr<SurfaceLayer> m_toplevel;
  std::vector<Popup> m_popups;  // oldest first
  std::unique_ptr<SurfaceLayer> m_cursor;
  QPoint m_cursorHotspot;
  QImage m_lastPicture;  // kept, dimmed, after the renderer went away
  QSize m_lastSize;
  int m_toplevelsMade = 0;
  bool m_firstFramePending = false;
  bool m_swallowRelease = false;      // the press dismissed a popup
  SurfaceLayer* m_pressed = nullptr;  // implicit grab: motion goes where the button went down
  QSet<quint32> m_keysDown;
  UserGesture m_gesture;
  HostKeyboard m_keyboard;
  int m_layoutGroup = -1;
  QTimer m_presentTimer;
  QElapsedTimer m_sincePresent;
};

}  // namespace sallyport::display
