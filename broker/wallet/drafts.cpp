#include "broker/wallet/drafts.h"

#include <algorithm>

namespace sallyport::wallet {

void Drafts::forgetExpired(kj::TimePoint now) {
  std::erase_if(m_kept, [now](const auto& row) { return row.second.expiresAt <= now; });
}

void Drafts::makeRoom(const std::string& window) {
  auto oldest = m_kept.end();
  std::size_t count = 0;
  for (auto row = m_kept.begin(); row != m_kept.end(); ++row) {
    if (row->second.window != window) continue;
    ++count;
    if (oldest == m_kept.end() || row->second.expiresAt < oldest->second.expiresAt) oldest = row;
  }
  if (count >= MAX_KEPT) m_kept.erase(oldest);
}

Draft Drafts::keep(PreparedPayment payment,
                   const std::string& window,
                   const RandomSource& random,
                   Moment now) {
  forgetExpired(now.timer);
  makeRoom(window);
  std::string id;
  for (int i = 0; i < 16; ++i) id += "0123456789abcdef"[random(16)];
  Draft summary = payment.summary;
  summary.draftId = id;
  summary.expiresAt = now.unixSeconds + LIFETIME;
  m_kept.insert_or_assign(id, Kept{std::move(payment), window, now.timer + LIFETIME * kj::SECONDS});
  return summary;
}

Result<PreparedPayment> Drafts::take(const std::string& id,
                                     const std::string& window,
                                     kj::TimePoint now) {
  forgetExpired(now);
  const auto found = m_kept.find(id);
  if (found == m_kept.end() || found->second.window != window)
    return commands::Error{commands::Code::NOT_FOUND,
                           "There is no such draft; it may have expired."};
  PreparedPayment payment = std::move(found->second.payment);
  m_kept.erase(found);
  return payment;
}

}  // namespace sallyport::wallet
