#include "broker/daemon/page-watches.h"

#include <deque>
#include <numeric>
#include <optional>
#include <utility>

#include "broker/files/folder-watch.h"

namespace sallyport::daemon {
namespace {

namespace fs = commands::fs;
using commands::Code;
using commands::Error;
using commands::Result;
using files::FolderWatch;

using Next = Result<std::optional<fs::FileChange>>;

}  // namespace

// One of the places that there are for watches, taken as long as it lives.
class PageWatches::Place {
 public:
  Place(std::shared_ptr<std::map<std::string, std::size_t>> open, std::string label)
      : m_open(std::move(open)), m_label(std::move(label)) {
    ++(*m_open)[m_label];
  }
  ~Place() {
    const auto count = m_open->find(m_label);
    if (--count->second == 0) m_open->erase(count);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  const std::shared_ptr<std::map<std::string, std::size_t>> m_open;
  const std::string m_label;
};

// An open watch: what is collected and not yet taken, at most what one collect() tells:
// FolderWatch::MAX_TOLD_BYTES of paths.
class PageWatches::Run {
 public:
  Run(const Parts& parts, std::unique_ptr<FolderWatch> watch, std::shared_ptr<Place> place)
      : m_timer(parts.timer),
        m_workers(parts.workers),
        m_place(std::move(place)),
        m_watch(std::move(watch)),
        m_observer(
            *parts.port, m_watch->descriptor(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

  kj::Promise<Next> next() {
    if (!m_changes.empty()) {
      std::optional<fs::FileChange> change = std::move(m_changes.front());
      m_changes.pop_front();
      return Next(std::move(change));
    }
    // Before the kernel is asked, so that nothing comes unseen in between.
    auto readable = m_observer.whenBecomesReadable();
    return collect().then(
        [this, readable = kj::mv(readable)](Result<bool> more) mutable -> kj::Promise<Next> {
          if (more.has_error()) return Next(more.error());
          if (!m_changes.empty() || *more) return next();
          return readable.then([this] { return m_timer.afterDelay(SETTLING); }).then([this] {
            return next();
          });
        });
  }

 private:
  // Whether there is more at once.
  kj::Promise<Result<bool>> collect() {
    if (m_workers.full()) return m_timer.afterDelay(SETTLING).then([this] { return collect(); });
    return m_workers
        .run<Result<FolderWatch::Collected>>([watch = m_watch] { return watch->collect(); })
        .then([this](Result<FolderWatch::Collected> collected) -> Result<bool> {
          if (collected.has_error()) return collected.error();
          for (auto& change : collected->changes) m_changes.push_back(std::move(change));
          return bool{collected->more};
        });
  }

  kj::Timer& m_timer;
  files::WorkerPool& m_workers;
  const std::shared_ptr<Place> m_place;
  const std::shared_ptr<FolderWatch> m_watch;  // a worker may outlast this
  kj::UnixEventPort::FdObserver m_observer;
  std::deque<fs::FileChange> m_changes;
};

kj::Promise<Result<commands::Stream<fs::FileChange>>> PageWatches::watch(
    const commands::Caller& caller, fs::WatchFolder what) {
  using Opened = Result<commands::Stream<fs::FileChange>>;
  if (m_parts.port == nullptr)
    return Opened(Error{Code::NOT_SUPPORTED, "Folders are not watched here."});
  const auto own = m_open->find(caller.window);
  const std::size_t all = std::accumulate(
      m_open->begin(), m_open->end(), std::size_t{0}, [](auto sum, const auto& one) {
        return sum + one.second;
      });
  if ((own != m_open->end() && own->second >= fs::MAX_WATCHES_PER_WINDOW) || all >= fs::MAX_WATCHES)
    return Opened(Error{Code::LIMIT, "Too many folders are watched."});
  if (m_parts.workers.full())
    return Opened(Error{Code::RATE_LIMITED, "Too many files are being worked on."});
  static const auto NOTHING = std::make_shared<const capabilities::Scope>();
  FolderWatch::Grant grant{caller.scope ? caller.scope : NOTHING, m_places};
  using Watch = Result<std::unique_ptr<FolderWatch>>;
  return m_parts.workers
      .run<Watch>([grant = std::move(grant), what = std::move(what)] {
        return FolderWatch::open(grant, what);
      })
      .then([this, place = std::make_shared<Place>(m_open, caller.window)](
                Watch watch) mutable -> Opened {
        if (watch.has_error()) return watch.error();
        auto run = kj::heap<Run>(m_parts, std::move(watch.value()), std::move(place));
        return commands::Stream<fs::FileChange>(
            [run = kj::mv(run)]() mutable { return run->next(); });
      });
}

}  // namespace sallyport::daemon
