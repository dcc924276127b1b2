#include "broker/wallet/drafts.h"

#include <algorithm>

namespace sallyport::wallet {

void Drafts::forgetExpired(std::int64_t now) {
  std::erase_if(m_kept, [now](const auto& row) { return row.second.expiresAt <= now; });
}

Draft Drafts::keep(PreparedPayment payment,
                   const std::string& window,
                   const RandomSource& random,
                   std::int64_t now) {
  forgetExpired(now);
  if (m_kept.size() >= MAX_KEPT)
    m_kept.erase(std::min_element(m_kept.begin(), m_kept.end(), [](const auto& a, const auto& b) {
      return a.second.expiresAt < b.second.expiresAt;
    }));
  std::string id;
  for (int i = 0; i < 16; ++i) id += "0123456789abcdef"[random(16)];
  Draft summary = payment.summary;
  summary.draftId = id;
  summary.expiresAt = now + LIFETIME;
  m_kept.insert_or_assign(id, Kept{std::move(payment), window, summary.expiresAt});
  return summary;
}

Result<PreparedPayment> Drafts::take(const std::string& id,
                                     const std::string& window,
                                     std::int64_t now) {
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
