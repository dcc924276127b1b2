// The dialog in which the user picks files: Qt's own, without the desktop's plugins, with a delay
// before it says yes. Role chooser.
#pragma once

#include <QFileDialog>
#include <QTimer>
#include <functional>

#include "proto/chooser.capnp.h"

namespace sallyport::display {

class FileDialog final : public QFileDialog {
 public:
  explicit FileDialog(proto::FileQuestion::Reader question);

  // answered: what was picked, absolute paths; none when the user said no.
  void ask(std::function<void(QStringList)> answered);
  bool isArmed() const { return m_armed; }

 protected:
  // A click or key that was meant for something else finds the dialog asleep (attack I5).
  void accept() override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void rearm();

  QTimer m_delay;
  bool m_armed = false;
};

}  // namespace sallyport::display
