#include "broker/wallet/prompt-patience.h"

#include <algorithm>

namespace sallyport::wallet {

PromptPatience::Question::~Question() {
  auto& refusals = m_patience.m_refusals;
  if (m_end == End::APPROVED) refusals.erase(m_window);
  if (m_end != End::REFUSED) return;
  auto& row = refusals.try_emplace(m_window, Refusals{0, m_patience.m_timer.now()}).first->second;
  ++row.count;
  row.last = m_patience.m_timer.now();
}

kj::Duration PromptPatience::pauseAfter(unsigned refusals) {
  if (refusals <= FREE_REFUSALS) return 0 * kj::SECONDS;
  const unsigned doublings = std::min(refusals - FREE_REFUSALS - 1, 16U);
  return std::min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE);
}

commands::Result<std::unique_ptr<PromptPatience::Question>> PromptPatience::ask(
    const std::string& window) {
  if (const auto found = m_refusals.find(window); found != m_refusals.end()) {
    const kj::Duration since = m_timer.now() - found->second.last;
    if (since >= FORGOTTEN_AFTER)
      m_refusals.erase(found);
    else if (since < pauseAfter(found->second.count))
      return commands::Error{
          commands::Code::RATE_LIMITED,
          "The last questions were answered with no; this window has to wait before the next."};
  }
  return std::make_unique<Question>(*this, window);
}

}  // namespace sallyport::wallet
