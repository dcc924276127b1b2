// One question at a time, on the user's screen. Role prompt.
#pragma once

#include <kj/async.h>

#include <functional>
#include <memory>

#include "broker/display/prompt-dialog.h"

namespace sallyport::display {

class PromptDesk {
 public:
  using Shown = std::function<void(PromptDialog&)>;

  bool busy() const { return m_open != nullptr; }
  // Shows the dialog; the promise tells how it ended. Dropping the promise closes the dialog. Only
  // when not busy.
  kj::Promise<PromptDialog::Outcome> ask(std::shared_ptr<PromptDialog> dialog);
  void declineOpen();
  // Told of each dialog once it is on screen (the test script).
  void onShown(Shown shown) { m_shown = std::move(shown); }

 private:
  class Question;
  PromptDialog* m_open = nullptr;
  Shown m_shown;
};

}  // namespace sallyport::display
