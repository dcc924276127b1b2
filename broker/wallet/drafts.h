// Payments that were shown and not yet committed: immutable, of one window, for five minutes. Runs
// in the broker.
#pragma once

#include <kj/time.h>

#include <map>
#include <string>

#include "broker/wallet/payment.h"

namespace sallyport::wallet {

class Drafts {
 public:
  static constexpr std::int64_t LIFETIME = 300;  // seconds
  static constexpr std::size_t MAX_KEPT = 16;    // of one window; its oldest goes

  // The timer's time decides, and the clock on the wall, which may jump, is only shown.
  struct Moment {
    kj::TimePoint timer;
    std::int64_t unixSeconds;
  };

  // The draft as the page sees it, with its id and expiry.
  Draft keep(PreparedPayment payment,
             const std::string& window,
             const RandomSource& random,
             Moment now);

  // Once: a draft that was taken is gone, whatever becomes of it. NOT_FOUND for one of another
  // window too.
  Result<PreparedPayment> take(const std::string& id, const std::string& window, kj::TimePoint now);

 private:
  struct Kept {
    PreparedPayment payment;
    std::string window;
    kj::TimePoint expiresAt;
  };

  void forgetExpired(kj::TimePoint now);
  void makeRoom(const std::string& window);

  std::map<std::string, Kept> m_kept;  // by id
};

}  // namespace sallyport::wallet
