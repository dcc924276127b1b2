#include "broker/display/prompt-desk.h"

#include <kj/debug.h>

namespace sallyport::display {

// Lives inside the promise: when the vault drops the call, or its connection ends, the dialog goes
// too.
class PromptDesk::Question {
 public:
  Question(kj::PromiseFulfiller<PromptDialog::Outcome>& fulfiller,
           PromptDesk& desk,
           std::shared_ptr<PromptDialog> dialog)
      : m_desk(desk), m_dialog(std::move(dialog)) {
    m_desk.m_open = m_dialog.get();
    m_dialog->ask([this, &fulfiller](PromptDialog::Outcome outcome) {
      m_desk.m_open = nullptr;
      fulfiller.fulfill(kj::mv(outcome));
    });
    if (m_desk.m_shown) m_desk.m_shown(*m_dialog);
  }
  ~Question() noexcept(false) {
    if (m_desk.m_open == m_dialog.get()) m_desk.m_open = nullptr;
    m_dialog->hide();
  }
  KJ_DISALLOW_COPY(Question);

 private:
  PromptDesk& m_desk;
  std::shared_ptr<PromptDialog> m_dialog;
};

kj::Promise<PromptDialog::Outcome> PromptDesk::ask(std::shared_ptr<PromptDialog> dialog) {
  KJ_REQUIRE(!busy(), "one question at a time");
  return kj::newAdaptedPromise<PromptDialog::Outcome, Question>(*this, std::move(dialog));
}

void PromptDesk::declineOpen() {
  if (m_open != nullptr) m_open->declineNow();
}

}  // namespace sallyport::display
