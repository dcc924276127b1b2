// How often the page of one window may bring up the prompt: after a person said no twice, a pause
// that doubles with each further no, so that no page wears anybody down. Runs in the broker.
#pragma once

#include <kj/timer.h>

#include <map>
#include <memory>
#include <string>

#include "broker/commands/error.h"

namespace sallyport::wallet {

class PromptPatience {
 public:
  static constexpr unsigned FREE_REFUSALS = 2;
  static constexpr kj::Duration FIRST_PAUSE = 2 * kj::SECONDS;
  static constexpr kj::Duration LONGEST_PAUSE = 5 * kj::MINUTES;
  static constexpr kj::Duration FORGOTTEN_AFTER = 15 * kj::MINUTES;  // without a question

  // The timer must outlive it, it the questions.
  explicit PromptPatience(kj::Timer& timer) : m_timer(timer) {}
  KJ_DISALLOW_COPY(PromptPatience);

  // A question that may be put. It counts as refused unless it is told otherwise before it goes:
  // also a page that takes its question back has shown a dialog.
  class Question {
   public:
    Question(PromptPatience& patience, std::string window)
        : m_patience(patience), m_window(std::move(window)) {}
    ~Question();
    KJ_DISALLOW_COPY(Question);

    void approved() { m_end = End::APPROVED; }
    void notAsked() { m_end = End::NOT_ASKED; }  // or answered without any right given

   private:
    enum class End { REFUSED, APPROVED, NOT_ASKED };
    PromptPatience& m_patience;
    const std::string m_window;
    End m_end = End::REFUSED;
  };

  // RATE_LIMITED during a pause.
  commands::Result<std::unique_ptr<Question>> ask(const std::string& window);

 private:
  struct Refusals {
    unsigned count = 0;
    kj::TimePoint last;
  };
  static kj::Duration pauseAfter(unsigned refusals);

  kj::Timer& m_timer;
  std::map<std::string, Refusals> m_refusals;  // by window label
};

}  // namespace sallyport::wallet
