// The changes beneath one folder, as far as a scope reaches: inotify on folders that were opened
// beneath the scope's own (location.h). Blocks, so it runs on a worker of the broker, one call at a
// time; the disk is hostile.
#pragma once

#include <kj/io.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/modules/fs/watches.h"
#include "broker/files/location.h"

struct inotify_event;

namespace sallyport::files {

class FolderWatch {
 public:
  // Of the paths that one collect() tells; beyond them it says OVERFLOWN.
  static constexpr std::size_t MAX_TOLD_BYTES = 262'144;

  // With everything that it uses for as long as it lives.
  struct Grant {
    std::shared_ptr<const capabilities::Scope> scope;
    std::shared_ptr<const Places> places;
  };
  static commands::Result<std::unique_ptr<FolderWatch>> open(Grant grant,
                                                             const commands::fs::WatchFolder& what);
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Readable when there is something to collect.
  int descriptor() const { return m_events.get(); }

  struct Collected {
    std::vector<commands::fs::FileChange> changes;  // each path once
    bool more = false;                              // the next collect() finds some at once
  };
  // What happened since the last time, up to a buffer's worth; what is not collected waits in the
  // kernel's queue, which is bounded. An error ends the watch.
  commands::Result<Collected> collect();

 private:
  class Changes;

  FolderWatch(Grant grant, commands::fs::WatchFolder what, Location at, kj::AutoCloseFd root);

  Reach reach() const { return {*m_grant.scope, *m_grant.places}; }
  // beneath: of the folder to watch, "" for the root. found: told of what is in it.
  std::optional<commands::Error> add(const std::string& beneath, std::size_t depth, Changes* found);
  void removeBeneath(const std::string& beneath);
  // After an overflow, once a collect(): nothing is known of what was made and moved.
  std::optional<commands::Error> addAllAgain();
  std::optional<commands::Error> take(const inotify_event& event, Changes& changes);
  bool isStillThere() const;

  const Grant m_grant;
  const commands::fs::WatchFolder m_what;
  const Location m_at;
  const kj::AutoCloseFd m_root;
  const kj::AutoCloseFd m_events;
  std::map<int, std::string> m_folders;  // by the kernel's number: where, beneath the root
  std::size_t m_seen = 0;                // entries, by this call; begins anew with addAllAgain()
};

}  // namespace sallyport::files
