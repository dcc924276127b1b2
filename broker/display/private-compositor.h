// A Wayland compositor for one client, and one more that waits for its turn; both came as inherited
// descriptors. Role frame. It has no named socket, offers a fixed list of globals, and ends a
// client that passes a bound of frame-limits.h. Trusts Qt's and libwayland's parsers; nothing that
// a client says.
#pragma once

#include <functional>
#include <memory>

class QWaylandCompositor;
class QWaylandOutput;
class QWaylandSeat;
class QWaylandSurface;
class QWaylandXdgPopup;
class QWaylandXdgSurface;
class QWaylandXdgToplevel;
class QWindow;
class QString;

namespace sallyport::display {

// What the client that is shown did. Called from inside the dispatch of its requests: end the
// client with reject(), never directly.
struct ClientEvents {
  std::function<void(QWaylandXdgToplevel*, QWaylandXdgSurface*)> toplevelCreated;
  std::function<void(QWaylandXdgPopup*, QWaylandXdgSurface*)> popupCreated;
  std::function<void(QWaylandSurface* image, int hotspotX, int hotspotY)> cursorRequested;
  std::function<void()> clientGone;  // queued: runs after the dispatch
};

class PrivateCompositor {
 public:
  // host: the window whose screen, size and scale the client sees as its output.
  PrivateCompositor(QWindow& host, ClientEvents events);
  ~PrivateCompositor();
  PrivateCompositor(const PrivateCompositor&) = delete;
  PrivateCompositor& operator=(const PrivateCompositor&) = delete;

  // Takes the descriptor, of a client that waits: one that makes a window then is ended. A former
  // one that waits is ended first.
  void prepare(int fd);
  bool hasPrepared() const;
  // The one that waits is the client from now on; a former client is ended first, without a
  // clientGone.
  void showPrepared();
  bool hasClient() const;
  // Ends the client that is shown at the end of the current dispatch, with a protocol error. why is
  // a fixed sentence, for the log.
  void reject(const char* why);

  void setScale(int scale);
  void setKeyboardLayout(const QString& rules,
                         const QString& model,
                         const QString& layout,
                         const QString& variant,
                         const QString& options);
  QWaylandSeat& seat() const;
  QWaylandOutput& output() const;

 private:
  class Parts;
  std::unique_ptr<Parts> m_parts;
};

}  // namespace sallyport::display
