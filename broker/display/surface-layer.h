// One surface of the renderer (its window, a popup, its cursor) with the last picture that was
// copied from it. Role frame.
#pragma once

#include <QImage>
#include <QObject>
#include <QPoint>
#include <QRect>
#include <QSize>
#include <QWaylandView>
#include <functional>

class QWaylandOutput;
class QWaylandSurface;

namespace sallyport::display {

class SurfaceLayer {
 public:
  struct Events {
    std::function<void()>
        contentChanged;  // the renderer committed; call present() when it is time to draw
    std::function<void()> destroyed;  // the surface is gone; the layer may be deleted
  };

  SurfaceLayer(QWaylandSurface& surface, QWaylandOutput& output, Events events);

  // Copies the newest buffer and lets the renderer go on with its next picture. False: the buffer
  // is hostile.
  bool present();
  bool isDirty() const { return m_dirty; }
  void markDirty() { m_dirty = true; }

  bool hasPicture() const { return !m_picture.isNull(); }
  const QImage& picture() const { return m_picture; }
  QSize logicalSize() const { return m_logicalSize; }
  QWaylandSurface* surface() const { return m_surface; }
  QWaylandView& view() { return m_view; }
  QObject& context() { return m_context; }

  QPoint origin;  // where the surface's top left is drawn, in the host window

 private:
  Events m_events;
  QWaylandSurface* m_surface;  // null once destroyed
  QWaylandView m_view;
  QImage m_picture;
  QSize m_logicalSize;
  bool m_dirty = false;
  QObject m_context;  // last: connections go before what they use
};

}  // namespace sallyport::display
