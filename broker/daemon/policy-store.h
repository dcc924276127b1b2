// The policy that holds now: loaded at start, read anew while windows run, narrowed by the user's
// hands. What is wrong with new files changes nothing. Runs in the broker.
#pragma once

#include <kj/async.h>
#include <kj/function.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/daemon/journal.h"
#include "broker/daemon/policy-files.h"
#include "capabilities/catalogue.h"
#include "capabilities/policy.h"

namespace sallyport::daemon {

class PolicyStore {
 public:
  using Current = std::shared_ptr<const capabilities::Policy>;
  // Runs in the turn in which a policy begins to hold: whoever keeps grants takes the new ones.
  using OnChange = kj::Function<void(const Current&)>;

  // app: its windows are those of the start; a reload does not change them.
  PolicyStore(PolicyPlaces places,
              AppFile app,
              capabilities::Catalogue catalogue,
              Journal& journal,
              OnChange onChange);
  KJ_DISALLOW_COPY(PolicyStore);

  // At start, on this thread. What is wrong stops the start.
  capabilities::Diagnostics load();

  // Reads everything again on a thread of its own, then lets all of it hold at once, or nothing:
  // the last good policy stays, and what is wrong goes into the journal and the answer. What was
  // revoked stays revoked. Calls that come while one reads share the next one.
  kj::Promise<capabilities::Diagnostics> reload();

  // Until the broker ends. Also in effect for renderers that start later.
  capabilities::Diagnostics revoke(std::string_view window, std::string_view permission);

  const Current& current() const { return m_current; }
  const capabilities::Catalogue& catalogue() const { return m_catalogue; }

 private:
  using Read = capabilities::Checked<capabilities::Policy>;
  struct Revocation {
    std::string window;
    std::string permission;
  };

  kj::Promise<Read> readOnThread();
  kj::Promise<capabilities::Diagnostics> readAndHold();
  capabilities::Diagnostics hold(Read read);
  void remember();

  PolicyPlaces m_places;
  const AppFile m_app;
  const capabilities::Catalogue m_catalogue;
  Journal& m_journal;
  OnChange m_onChange;
  Current m_current;
  std::vector<Revocation> m_revoked;
  // The last reload, which may be under way; the one after it, while it waits for its turn.
  kj::ForkedPromise<void> m_reading = nullptr;
  kj::Maybe<kj::ForkedPromise<capabilities::Diagnostics>> m_next;
};

}  // namespace sallyport::daemon
