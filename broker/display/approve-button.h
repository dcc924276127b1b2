// The button that says yes. It accepts nothing before its window was active and unchanged for
// armDelayMs: a click that was meant for something else, or lured, finds it asleep (attack I5).
// Role prompt.
#pragma once

#include <QPushButton>
#include <QTimer>

namespace sallyport::display {

class ApproveButton final : public QPushButton {
 public:
  ApproveButton(const QString& text, QWidget* parent);

  bool isArmed() const { return m_armed; }
  // Starts the delay again; the dialog calls it at each change of the window's focus.
  void rearm();

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void setArmed(bool armed);

  QTimer m_delay;
  bool m_armed = true;  // so that the first setArmed(false) is a change
};

}  // namespace sallyport::display
