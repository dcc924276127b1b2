// The host's clipboard on behalf of a page: plain text, and taken off again when that was asked
// for. Who may use it, and when, is FrameWindow's to say. Role frame.
#pragma once

#include <QObject>
#include <QTimer>

namespace sallyport::display {

class FrameClipboard final : public QObject {
 public:
  explicit FrameClipboard(QObject* parent);
  // What is still to be taken off is taken off now: nobody would do it later.
  ~FrameClipboard() override;

  // clearAfter: 0 for never. Such a text is marked as a secret for the desktop's clipboard
  // histories.
  void set(const QString& text, std::chrono::seconds clearAfter);
  QString text() const;

 private:
  void clearIfOurs();

  QTimer m_clear;
};

}  // namespace sallyport::display
