// The entries of an opened folder. Blocks; runs on a worker of the broker.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <string_view>

#include "broker/commands/modules/fs/fs-module.h"

namespace sallyport::files {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

// Beneath `folder`, by openBeneath(). Null with errno.
OpenFolder openForReading(int folder, const std::string& name);

// The next name that is not `.` or `..`; null at the end, or with an errno that is not 0.
const dirent* nextOf(DIR* folder);

commands::fs::FileKind kindOfEntry(DIR* folder, const dirent& entry);

// A name that can go to a page and come back.
bool isTellable(std::string_view name);

}  // namespace sallyport::files
