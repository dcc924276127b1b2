#include "broker/daemon/cage-verification.h"

#include <utility>

namespace sallyport::daemon {
namespace {

// What fails, a line a check; empty when the cage holds.
std::vector<std::string> failuresOf(const sandbox::CageReport& report) {
  std::vector<std::string> failures;
  for (const auto& check : report.checks)
    if (check.state == sandbox::CheckState::FAILED)
      failures.push_back("its cage fails on " + check.name + ": " + check.value);
  if (!report.holds() && failures.empty()) failures.emplace_back("nothing is known of its cage");
  return failures;
}

kj::Promise<bool> look(Surroundings& around, CageSubject subject, unsigned looksLeft) {
  auto read = kj::evalNow([&] { return subject.read(); });
  return read
      .then([](sandbox::CageReport report) { return failuresOf(report); },
            [](kj::Exception&& why) {
              return std::vector<std::string>{"its cage cannot be read: " +
                                              std::string(why.getDescription().cStr())};
            })
      .then([&around, subject = std::move(subject), looksLeft](
                std::vector<std::string> failures) mutable -> kj::Promise<bool> {
        if (failures.empty() || !subject.lives()) return true;
        if (looksLeft > 0)
          return around.timer.afterDelay(SECOND_LOOK_PAUSE)
              .then([&around, subject = std::move(subject), looksLeft]() mutable {
                return look(around, std::move(subject), looksLeft - 1);
              });
        for (const auto& failure : failures)
          around.journal.write(Level::ERROR, "broker", subject.name + ": " + failure);
        return false;
      });
}

}  // namespace

kj::Promise<bool> verifyCage(Surroundings& around, CageSubject subject) {
  return look(around, std::move(subject), SECOND_LOOKS);
}

kj::Promise<void> untilCageFails(Surroundings& around, CageSubject subject) {
  return around.timer.afterDelay(VERIFY_PERIOD)
      .then([&around, subject] { return verifyCage(around, subject); })
      .then([&around, subject](bool holds) -> kj::Promise<void> {
        if (!holds) return kj::READY_NOW;
        return untilCageFails(around, subject);
      });
}

}  // namespace sallyport::daemon
