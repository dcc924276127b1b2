#include "broker/display/surface-layer.h"

#include <QWaylandBufferRef>
#include <QWaylandOutput>
#include <QWaylandSurface>

#include "broker/display/shm-picture.h"

namespace sallyport::display {

SurfaceLayer::SurfaceLayer(QWaylandSurface& surface, QWaylandOutput& output, Events events)
    : m_events(std::move(events)), m_surface(&surface) {
  m_view.setSurface(&surface);
  m_view.setOutput(&output);
  QObject::connect(&surface, &QWaylandSurface::redraw, &m_context, [this] {
    m_dirty = true;
    m_events.contentChanged();
  });
  QObject::connect(&surface, &QWaylandSurface::surfaceDestroyed, &m_context, [this] {
    m_surface = nullptr;
    m_dirty = false;
    const auto destroyed = m_events.destroyed;  // may delete this
    destroyed();
  });
}

bool SurfaceLayer::present() {
  if (m_surface == nullptr || !m_dirty) return true;
  m_dirty = false;
  m_surface->frameStarted();
  auto outcome = CopyOutcome::COPIED;
  if (m_view.advance()) {
    auto buffer = m_view.currentBuffer();
    if (buffer.hasBuffer()) {
      outcome = copyPicture(buffer.wl_buffer(), m_picture);
      const QSize size = m_surface->destinationSize();
      if (outcome == CopyOutcome::COPIED) {
        // Qt takes a buffer scale of 0, and what it makes of that has no bounds.
        if (size.isEmpty() || size.width() > m_picture.width() ||
            size.height() > m_picture.height()) {
          m_picture = QImage();
          outcome = CopyOutcome::HOSTILE;
        } else {
          m_logicalSize = size;
        }
      }
    } else {
      m_picture = QImage();  // the renderer hid the surface
    }
  }
  m_surface->sendFrameCallbacks();
  return outcome != CopyOutcome::HOSTILE;
}

}  // namespace sallyport::display
