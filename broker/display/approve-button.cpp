#include "broker/display/approve-button.h"

#include <QKeyEvent>
#include <QStyle>

#include "proto/prompt.capnp.h"

namespace sallyport::display {

ApproveButton::ApproveButton(const QString& text, QWidget* parent) : QPushButton(text, parent) {
  setObjectName(QStringLiteral("approve"));
  setAutoDefault(false);
  setDefault(false);
  setFocusPolicy(Qt::TabFocus);  // a click must not be a change of focus
  m_delay.setSingleShot(true);
  m_delay.setTimerType(Qt::PreciseTimer);
  m_delay.setInterval(static_cast<int>(proto::ARM_DELAY_MS));
  m_delay.callOnTimeout(this, [this] { setArmed(window()->isActiveWindow()); });
  setArmed(false);
}

void ApproveButton::rearm() {
  setArmed(false);
  if (window()->isActiveWindow()) {
    m_delay.start();
  } else {
    m_delay.stop();
  }
}

void ApproveButton::setArmed(bool armed) {
  if (m_armed == armed) return;
  m_armed = armed;
  setProperty("armed", armed);
  style()->unpolish(this);
  style()->polish(this);
  if (!armed) setDown(false);
}

void ApproveButton::mousePressEvent(QMouseEvent* event) {
  if (m_armed) QPushButton::mousePressEvent(event);
}

void ApproveButton::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  const bool press = enter || event->key() == Qt::Key_Space || event->key() == Qt::Key_Select;
  if (press && (!m_armed || event->isAutoRepeat())) return;  // swallowed
  if (enter) return click();
  QPushButton::keyPressEvent(event);
}

// Tab lands here: whoever holds the key down must let go first.
void ApproveButton::focusInEvent(QFocusEvent* event) {
  if (event->reason() != Qt::ActiveWindowFocusReason) rearm();
  QPushButton::focusInEvent(event);
}

bool ApproveButton::event(QEvent* event) {
  if (event->type() == QEvent::Show || event->type() == QEvent::EnabledChange) rearm();
  return QPushButton::event(event);
}

}  // namespace sallyport::display
