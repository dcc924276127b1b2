// The watches of the module `fs` for the running broker: the kernel's events on the loop, the work
// on files' workers, and no more watches than their limits. Runs in the broker.
#pragma once

#include <kj/async-unix.h>
#include <kj/timer.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "broker/commands/modules/fs/watches.h"
#include "broker/files/places.h"
#include "broker/files/worker-pool.h"

namespace sallyport::daemon {

class PageWatches final : public commands::fs::Watcher {
 public:
  // What happens within this time of an event is told with it, each path once.
  static constexpr kj::Duration SETTLING = 100 * kj::MILLISECONDS;

  struct Parts {
    kj::UnixEventPort* port;  // null: nothing may be watched
    kj::Timer& timer;
    files::WorkerPool& workers;
  };
  PageWatches(Parts parts, files::Places places)
      : m_parts(parts), m_places(std::make_shared<const files::Places>(std::move(places))) {}

  kj::Promise<commands::Result<commands::Stream<commands::fs::FileChange>>> watch(
      const commands::Caller& caller, commands::fs::WatchFolder what) override;

 private:
  class Place;
  class Run;

  const Parts m_parts;
  const std::shared_ptr<const files::Places> m_places;
  // By label; shared with what a window still has running when it is gone.
  std::shared_ptr<std::map<std::string, std::size_t>> m_open =
      std::make_shared<std::map<std::string, std::size_t>>();
};

}  // namespace sallyport::daemon
