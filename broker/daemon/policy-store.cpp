#include "broker/daemon/policy-store.h"

#include <kj/thread.h>

namespace sallyport::daemon {

using capabilities::Diagnostics;

PolicyStore::PolicyStore(PolicyPlaces places,
                         AppFile app,
                         capabilities::Catalogue catalogue,
                         Journal& journal,
                         OnChange onChange)
    : m_places(std::move(places)),
      m_app(std::move(app)),
      m_catalogue(std::move(catalogue)),
      m_journal(journal),
      m_onChange(kj::mv(onChange)),
      m_current(std::make_shared<const capabilities::Policy>()),
      m_reading(kj::Promise<void>(kj::READY_NOW).fork()) {}

Diagnostics PolicyStore::load() {
  auto policy = readPolicy(m_places, m_app, m_catalogue);
  if (!policy) return policy.error();
  remember();
  m_current = std::make_shared<const capabilities::Policy>(std::move(*policy));
  return {};
}

// An admin's folder that was there once does not just go: without it, all that it forbids would be
// allowed.
void PolicyStore::remember() {
  std::error_code error;
  if (!m_places.admin.empty() && std::filesystem::exists(m_places.admin, error))
    m_places.adminMissing = IfMissing::WRONG;
}

kj::Promise<PolicyStore::Read> PolicyStore::readOnThread() {
  auto paf = kj::newPromiseAndCrossThreadFulfiller<Read>();
  auto thread = kj::heap<kj::Thread>([fulfiller = kj::mv(paf.fulfiller),
                                      places = m_places,
                                      &app = m_app,
                                      &catalogue = m_catalogue]() mutable {
    fulfiller->rejectIfThrows([&] { fulfiller->fulfill(readPolicy(places, app, catalogue)); });
  });
  // A dropped reload waits for its thread, which looks at members of this.
  return paf.promise.attach(kj::mv(thread));
}

kj::Promise<Diagnostics> PolicyStore::reload() {
  KJ_IF_MAYBE (next, m_next) {
    return next->addBranch();
  }
  auto next = m_reading.addBranch()
                  .then([this] {
                    m_next = nullptr;  // from here on a caller may have newer files
                    return readAndHold();
                  })
                  .fork();
  m_reading = next.addBranch().ignoreResult().fork();
  auto answer = next.addBranch();
  m_next = kj::mv(next);
  return answer;
}

kj::Promise<Diagnostics> PolicyStore::readAndHold() {
  return readOnThread().then(
      [this](Read read) { return hold(std::move(read)); },
      [this](kj::Exception&& exception) {
        m_journal.write(Level::ERROR, "broker", exception.getDescription().cStr());
        Diagnostics diagnostics;
        diagnostics.add({}, "the policy could not be read; the journal says why");
        return diagnostics;
      });
}

Diagnostics PolicyStore::hold(Read read) {
  for (const Revocation& revoked : m_revoked)
    if (read) read = capabilities::revoke(*read, m_catalogue, revoked.window, revoked.permission);
  if (!read) {
    m_journal.write(Level::WARNING, "broker", "policy: not reloaded, the last good one holds");
    for (const auto& diagnostic : read.error().list)
      m_journal.write(Level::WARNING, "broker", "policy: " + capabilities::format(diagnostic));
    return read.error();
  }
  remember();
  m_current = std::make_shared<const capabilities::Policy>(std::move(*read));
  m_journal.write(Level::INFO, "broker", "policy: reloaded");
  m_onChange(m_current);
  return {};
}

Diagnostics PolicyStore::revoke(std::string_view window, std::string_view permission) {
  auto narrowed = capabilities::revoke(*m_current, m_catalogue, window, permission);
  if (!narrowed) return narrowed.error();
  m_revoked.push_back({std::string(window), std::string(permission)});
  m_current = std::make_shared<const capabilities::Policy>(std::move(*narrowed));
  m_journal.write(
      Level::INFO,
      "broker",
      "policy: revoked " + std::string(permission) + " from window " + std::string(window));
  m_onChange(m_current);
  return {};
}

}  // namespace sallyport::daemon
