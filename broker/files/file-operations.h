// The work of the module `fs` on files. Blocks, so it runs on a worker of the broker; what the disk
// holds is not trusted: only regular files are read, nothing waits for a device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/commands/modules/fs/fs-module.h"
#include "broker/files/location.h"

namespace sallyport::files {

namespace fs = commands::fs;

commands::Result<std::string> readText(const Reach& reach, const fs::ReadTextFile& what);
commands::Result<commands::Null> writeText(const Reach& reach, const fs::WriteTextFile& what);
commands::Result<fs::FilePiece> readFile(const Reach& reach, const fs::ReadFile& what);
commands::Result<commands::Null> writeFile(const Reach& reach, const fs::WriteFile& what);
commands::Result<fs::FileInfo> statFile(const Reach& reach, const fs::StatFile& what);
commands::Result<commands::Null> copyFile(const Reach& reach, const fs::CopyFile& what);

// Of an opened file; also for files that a dialog gave. A regular file of at most MAX_TEXT_BYTES.
commands::Result<std::string> readTextFrom(int fd);
commands::Result<fs::FilePiece> readPieceFrom(int fd, std::int64_t offset);
// Replaces what an opened file holds, or appends; not in one step, for there is no other file to
// take its name. keepFree: as in Places.
commands::Result<commands::Null> writeTo(int fd,
                                         std::string_view text,
                                         bool append,
                                         std::uint64_t keepFree);

fs::FileKind kindOf(mode_t mode);

}  // namespace sallyport::files
