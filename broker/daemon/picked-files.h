// The files that the user gave to pages: handles, each worth something to one window in one origin
// only, and the dialogs that hand them out. Runs in the broker.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "broker/commands/modules/fs/picked-files.h"
#include "broker/daemon/file-chooser.h"
#include "broker/daemon/window.h"
#include "broker/files/worker-pool.h"

namespace sallyport::daemon {

class PickedFiles final : public commands::fs::Picker {
 public:
  static constexpr std::size_t MAX_HANDLES = 64;  // of one window; the oldest goes

  struct Parts {
    const AppFile& app;
    std::function<Window*(const std::string& label)> find;  // null when it is not open
    // Nothing while no dialog can be shown.
    std::function<kj::Promise<std::vector<OpenedFile>>(FileChooser::Question)> ask;
    std::function<bool()> busy;
    files::WorkerPool& workers;
    std::uint64_t keepFree;
  };
  explicit PickedFiles(Parts parts) : m_parts(std::move(parts)) {}

  kj::Promise<commands::Result<commands::fs::PickedFiles>> pick(
      const commands::Caller& caller, commands::fs::PickFiles what) override;
  kj::Promise<commands::Result<commands::fs::PickedFiles>> pickSave(
      const commands::Caller& caller, commands::fs::PickSaveFile what) override;
  kj::Promise<commands::Result<std::string>> readPicked(const commands::Caller& caller,
                                                        commands::fs::ReadPickedText what) override;
  kj::Promise<commands::Result<commands::Null>> writePicked(
      const commands::Caller& caller, commands::fs::WritePickedText what) override;
  kj::Promise<commands::Result<commands::fs::FilePiece>> readPickedBytes(
      const commands::Caller& caller, commands::fs::ReadPickedFile what) override;
  kj::Promise<commands::Result<commands::Null>> writePickedBytes(
      const commands::Caller& caller, commands::fs::WritePickedFile what) override;
  commands::Result<commands::Null> release(const commands::Caller& caller,
                                           commands::fs::ReleasePickedFile what) override;

  // Keeps an opened file for this window and origin; gives its handle.
  commands::fs::PickedFile keep(const commands::Caller& caller, OpenedFile file);
  // The window was closed: nothing of it is left.
  void forget(const std::string& window);

 private:
  struct Kept {
    std::string handle;
    std::string window;
    std::string origin;
    std::shared_ptr<const kj::AutoCloseFd> fd;
  };

  // work: from the descriptor to a Result<Value>.
  template <typename Value, typename Work>
  kj::Promise<commands::Result<Value>> onWorker(const commands::Caller& caller,
                                                const std::string& handle,
                                                Work work);
  std::shared_ptr<const kj::AutoCloseFd> find(const commands::Caller& caller,
                                              const std::string& handle) const;
  kj::Promise<commands::Result<commands::fs::PickedFiles>> askUser(const commands::Caller& caller,
                                                                   FileChooser::Question question);

  Parts m_parts;
  std::deque<Kept> m_kept;  // the oldest first
};

}  // namespace sallyport::daemon
