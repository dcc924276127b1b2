// The work of the module `fs` on folders and on names. Blocks, so it runs on a worker of the
// broker.
#pragma once

#include "broker/commands/modules/fs/fs-module.h"
#include "broker/files/location.h"

namespace sallyport::files {

namespace fs = commands::fs;

commands::Result<fs::Folder> readFolder(const Reach& reach, const fs::ReadFolder& what);
commands::Result<commands::Null> makeFolder(const Reach& reach, const fs::MakeFolder& what);
commands::Result<commands::Null> removeFile(const Reach& reach, const fs::RemoveFile& what);
commands::Result<commands::Null> renameFile(const Reach& reach, const fs::RenameFile& what);

}  // namespace sallyport::files
