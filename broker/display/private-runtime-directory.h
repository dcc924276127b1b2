// Qt makes files by name in XDG_RUNTIME_DIR: the compositor's named socket, and each keymap before
// it hands it on as a descriptor. This is such a directory for just that moment: 0700, in the one
// place where the cage lets a frame make and remove files, and gone before anything can be left
// behind. What a frame left that was killed in that moment goes with the next frame's start.
#pragma once

#include <kj/io.h>

#include <QByteArray>
#include <QTemporaryDir>

namespace sallyport::display {

class PrivateRuntimeDirectory {
 public:
  PrivateRuntimeDirectory();
  ~PrivateRuntimeDirectory();
  PrivateRuntimeDirectory(const PrivateRuntimeDirectory&) = delete;
  PrivateRuntimeDirectory& operator=(const PrivateRuntimeDirectory&) = delete;

  QByteArray path() const { return m_directory.path().toLocal8Bit(); }

 private:
  QTemporaryDir m_directory;
  kj::AutoCloseFd m_inUse;  // its lock, which the kernel lets go when this process ends
  bool m_had;
  QByteArray m_before;
};

// Removes the directories of this user's frames that nobody holds any more. One that was made
// within the last minute stays: its lock may be on its way.
void removeAbandonedDirectories();

}  // namespace sallyport::display
