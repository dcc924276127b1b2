// The host window of one renderer: its canvas, or the frame's own crash page. Role frame.
#pragma once

#include <QWidget>
#include <functional>

class QLabel;
class QPushButton;
class QStackedLayout;

namespace sallyport::display {

class FrameClipboard;
class SurfaceCanvas;

class FrameWindow final : public QWidget {
 public:
  struct Events {
    std::function<void()> closeRequested;
    std::function<void()> reloadRequested;
    std::function<void()> firstFrame;
    std::function<void(QSize)> resized;
    std::function<void()> rendererGone;
  };

  FrameWindow(const QString& label, Events events);

  void open(const QString& title, QSize size);
  void setPageTitle(const QString& title);
  void adoptRenderer(int fd);  // takes the descriptor
  void showCrash(const QString& text);
  void bringToFront();

  // Whether the user is here and has just asked for something, as far as the host told this
  // process.
  enum class Presence { HERE, NO_FOCUS, NO_GESTURE };
  Presence presence() const;
  FrameClipboard& clipboard() { return *m_clipboard; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QWidget* makeCrashPage();

  Events m_events;
  QString m_label;
  QStackedLayout* m_pages;
  SurfaceCanvas* m_canvas;
  FrameClipboard* m_clipboard;
  QLabel* m_crashText = nullptr;
  QPushButton* m_reload = nullptr;
  QWidget* m_crashPage;
};

}  // namespace sallyport::display
