// Wrong passphrases: how many there were, stored durably before each check, and how long to wait.
// Runs in the vault. Within one run the wait counts BOOTTIME from the last failure; a new run
// starts the whole wait over from the stored count, so killing the vault gains nothing.
#pragma once

#include <chrono>
#include <cstdint>

#include "broker/vault/state-dir.h"

namespace sallyport::vault {

// Injected, so that tests own time.
class Clock {
 public:
  virtual std::chrono::nanoseconds boottime() const = 0;
  virtual std::uint64_t unixSeconds() const = 0;

 protected:
  ~Clock() = default;
};

class SystemClock final : public Clock {
 public:
  std::chrono::nanoseconds boottime() const override;
  std::uint64_t unixSeconds() const override;
};

class Attempts {
 public:
  static constexpr const char* FILE_NAME = "vault.attempts";

  // A damaged file counts as the longest wait.
  Attempts(StateDir& dir, const Clock& clock);

  // After n failures: 0, 0, 1, 2, 4 … 300 s for n = 1, 2, 3, 4, 5 …
  static std::chrono::seconds waitAfter(std::uint32_t failures);

  std::uint32_t failed() const { return m_failed; }
  std::chrono::seconds retryAfter() const;  // rounded up; zero: now

  // Before the check: durably counts the attempt as failed.
  void begin();
  // The passphrase was right: durably forgets.
  void succeed();

 private:
  void store();

  StateDir& m_dir;
  const Clock& m_clock;
  std::uint32_t m_failed = 0;
  std::chrono::nanoseconds m_since;
};

}  // namespace sallyport::vault
