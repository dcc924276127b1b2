// The work of the module `fs` on files. Blocks, so it runs on a worker of the broker; what the disk
// holds is not trusted: only regular files are read, nothing waits for a device.
#pragma once

#include <string>

#include "broker/commands/modules/fs/fs-module.h"
#include "broker/files/location.h"

namespace sallyport::files {

namespace fs = commands::fs;

commands::Result<std::string> readText(const Reach& reach, const fs::ReadTextFile& what);
commands::Result<commands::Null> writeText(const Reach& reach, const fs::WriteTextFile& what);
commands::Result<fs::FileInfo> statFile(const Reach& reach, const fs::StatFile& what);
commands::Result<commands::Null> copyFile(const Reach& reach, const fs::CopyFile& what);

// Of an opened file; also for files that a dialog gave. A regular file of at most MAX_TEXT_BYTES.
commands::Result<std::string> readTextFrom(int fd);
// Replaces what an opened file holds; not in one step, for there is no other file to take its name.
// keepFree: as in Places.
commands::Result<commands::Null> writeTextTo(int fd,
                                             const std::string& text,
                                             std::uint64_t keepFree);

fs::FileKind kindOf(mode_t mode);

}  // namespace sallyport::files
