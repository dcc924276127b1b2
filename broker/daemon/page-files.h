// The module `fs` over the disk, on workers: what a grant reaches, and the broker's own folders
// closed. Runs in the broker.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "broker/commands/modules/fs/fs-module.h"
#include "broker/daemon/options.h"
#include "broker/files/location.h"
#include "broker/files/places.h"
#include "broker/files/worker-pool.h"
#include "capabilities/policy.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport::daemon {

class PageFiles final : public commands::fs::Host {
 public:
  PageFiles(files::Places places, files::WorkerPool& workers)
      : m_places(std::make_shared<const files::Places>(std::move(places))), m_workers(workers) {}

  kj::Promise<commands::Result<std::string>> readText(const commands::Caller& caller,
                                                      commands::fs::ReadTextFile what) override;
  kj::Promise<commands::Result<commands::Null>> writeText(
      const commands::Caller& caller, commands::fs::WriteTextFile what) override;
  kj::Promise<commands::Result<commands::fs::FilePiece>> read(const commands::Caller& caller,
                                                              commands::fs::ReadFile what) override;
  kj::Promise<commands::Result<commands::Null>> write(const commands::Caller& caller,
                                                      commands::fs::WriteFile what) override;
  kj::Promise<commands::Result<commands::fs::Folder>> readFolder(
      const commands::Caller& caller, commands::fs::ReadFolder what) override;
  kj::Promise<commands::Result<commands::fs::FileInfo>> stat(const commands::Caller& caller,
                                                             commands::fs::StatFile what) override;
  kj::Promise<commands::Result<commands::Null>> makeFolder(const commands::Caller& caller,
                                                           commands::fs::MakeFolder what) override;
  kj::Promise<commands::Result<commands::Null>> remove(const commands::Caller& caller,
                                                       commands::fs::RemoveFile what) override;
  kj::Promise<commands::Result<commands::Null>> rename(const commands::Caller& caller,
                                                       commands::fs::RenameFile what) override;
  kj::Promise<commands::Result<commands::Null>> copy(const commands::Caller& caller,
                                                     commands::fs::CopyFile what) override;

 private:
  template <typename Value, typename What>
  kj::Promise<commands::Result<Value>> onWorker(
      const commands::Caller& caller,
      commands::Result<Value> (*operation)(const files::Reach&, const What&),
      What what);

  std::shared_ptr<const files::Places> m_places;
  files::WorkerPool& m_workers;
};

// Where this user's and this app's folders are, and which are closed to every page: the broker's
// state and sockets, the app's own files and the admin's policy. Real paths, so before the cage.
files::Places filePlaces(const Options& options);

// The folders that a policy's grants name, for the broker's own cage: what is not among them at the
// start cannot be reached before the next one, whatever a later policy says.
sandbox::BrokerPaths reachedFolders(const capabilities::Policy& policy,
                                    const capabilities::Catalogue& catalogue,
                                    const capabilities::PathVariables& variables);

}  // namespace sallyport::daemon
