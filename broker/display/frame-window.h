// The host window of one renderer: its canvas, or a page of the frame's own: crashed, hung. Role
// frame.
#pragma once

#include <QTimer>
#include <QWidget>
#include <functional>
#include <optional>

class QLabel;
class QPushButton;
class QStackedLayout;

namespace sallyport::display {

class FrameClipboard;
class SurfaceCanvas;

// Where a window is, in logical pixels.
struct FramePlace {
  QSize size;                      // as it is when it is neither maximized nor full screen
  std::optional<QPoint> position;  // not where the host does not tell
  Qt::WindowState state = Qt::WindowNoState;
};

class FrameWindow final : public QWidget {
 public:
  struct Events {
    std::function<void()> closeRequested;
    std::function<void()> reloadRequested;
    std::function<void()> firstFrame;
    std::function<void(const FramePlace&, bool focused)> placed;
    std::function<void()> rendererGone;
    std::function<void()> endRequested;  // a renderer that hangs
    std::function<void()> waitRequested;
  };

  FrameWindow(const QString& label, Events events);

  void open(const QString& title, const FramePlace& place);
  void setPageTitle(const QString& title);
  void prepareRenderer(int fd);  // takes the descriptor
  bool showRenderer();           // false: none is prepared
  void showCrash(const QString& text);
  void showHang(bool hung);
  void bringToFront();
  void setBounds(const FramePlace& place);  // not its state
  void setState(Qt::WindowState state);

  // Whether the user is here and has just asked for something, as far as the host told this
  // process.
  enum class Presence { HERE, NO_FOCUS, NO_GESTURE };
  Presence presence() const;
  bool takeGesture();
  FrameClipboard& clipboard() { return *m_clipboard; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void moveEvent(QMoveEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QWidget* makeCrashPage();
  QWidget* makeHangPage();
  FramePlace place() const;
  void moveTo(QPoint position);

  Events m_events;
  QString m_label;
  QStackedLayout* m_pages;
  SurfaceCanvas* m_canvas;
  FrameClipboard* m_clipboard;
  QLabel* m_crashText = nullptr;
  QPushButton* m_reload = nullptr;
  QWidget* m_crashPage;
  QPushButton* m_wait = nullptr;
  QWidget* m_hangPage;
  QTimer m_tellPlace;
};

}  // namespace sallyport::display
