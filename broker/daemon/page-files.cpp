#include "broker/daemon/page-files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "broker/files/file-operations.h"
#include "broker/files/folder-operations.h"
#include "broker/files/standard-folders.h"

namespace sallyport::daemon {
namespace {

using commands::Caller;
using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;
namespace fs = commands::fs;

bool onlyReads(std::string_view command) {
  return command == "cmd_read_text_file" || command == "cmd_read_folder" ||
         command == "cmd_stat_file" || command == "cmd_watch_folder";
}

// What of the disk a pattern needs: the folder that is written in it; of one file that is only
// read, no more than that file.
std::optional<std::string> reachedBy(const capabilities::PathPattern& pattern,
                                     const capabilities::PathVariables& variables,
                                     bool reads) {
  auto folder = files::anchorOf(pattern, variables);
  const bool oneFile =
      !pattern.segments.empty() &&
      std::none_of(
          pattern.segments.begin(), pattern.segments.end(), [](const std::string& segment) {
            return segment.find('*') != std::string::npos;
          });
  if (folder && reads && oneFile) *folder += (*folder == "/" ? "" : "/") + pattern.segments.back();
  return folder;
}

}  // namespace

template <typename Value, typename What>
kj::Promise<Result<Value>> PageFiles::onWorker(
    const Caller& caller, Result<Value> (*operation)(const files::Reach&, const What&), What what) {
  if (m_workers.full())
    return Result<Value>(Error{Code::RATE_LIMITED, "Too many files are being worked on."});
  return m_workers.run<Result<Value>>(
      [scope = caller.scope, places = m_places, operation, what = std::move(what)] {
        static const capabilities::Scope NOTHING;
        const files::Reach reach{scope ? *scope : NOTHING, *places};
        return operation(reach, what);
      });
}

kj::Promise<Result<std::string>> PageFiles::readText(const Caller& caller, fs::ReadTextFile what) {
  return onWorker(caller, &files::readText, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::writeText(const Caller& caller, fs::WriteTextFile what) {
  return onWorker(caller, &files::writeText, std::move(what));
}

kj::Promise<Result<fs::FilePiece>> PageFiles::read(const Caller& caller, fs::ReadFile what) {
  return onWorker(caller, &files::readFile, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::write(const Caller& caller, fs::WriteFile what) {
  return onWorker(caller, &files::writeFile, std::move(what));
}

kj::Promise<Result<fs::Folder>> PageFiles::readFolder(const Caller& caller, fs::ReadFolder what) {
  return onWorker(caller, &files::readFolder, std::move(what));
}

kj::Promise<Result<fs::FileInfo>> PageFiles::stat(const Caller& caller, fs::StatFile what) {
  return onWorker(caller, &files::statFile, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::makeFolder(const Caller& caller, fs::MakeFolder what) {
  return onWorker(caller, &files::makeFolder, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::remove(const Caller& caller, fs::RemoveFile what) {
  return onWorker(caller, &files::removeFile, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::rename(const Caller& caller, fs::RenameFile what) {
  return onWorker(caller, &files::renameFile, std::move(what));
}

kj::Promise<Result<Null>> PageFiles::copy(const Caller& caller, fs::CopyFile what) {
  return onWorker(caller, &files::copyFile, std::move(what));
}

files::Places filePlaces(const Options& options) {
  const auto resources = options.appDirectory / "resources";
  files::Places places;
  places.variables = files::appVariables(options.appFolders, resources);
  places.variables.merge(files::userFolders([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  }));
  const auto add = [](std::vector<std::string>& list, const std::filesystem::path& folder) {
    if (!folder.empty()) list.push_back(std::filesystem::weakly_canonical(folder).string());
  };
  for (const auto& folder : {options.stateDirectory,
                             options.runtimeDirectory,
                             options.appDirectory,
                             options.policyDirectory})
    add(places.closed, folder);
  const auto& own = options.appFolders;
  for (const auto& folder : {own.data, own.config, own.cache, own.log, resources})
    add(places.own, folder);
  return places;
}

sandbox::BrokerPaths reachedFolders(const capabilities::Policy& policy,
                                    const capabilities::Catalogue& catalogue,
                                    const capabilities::PathVariables& variables) {
  sandbox::BrokerPaths paths;
  for (const auto& window : policy.windows())
    for (const auto& origin : policy.origins(window)) {
      const auto& rows = policy.grants(window, origin).rows;
      for (std::size_t id = 0; id < rows.size(); ++id) {
        if (!rows[id].allowed || rows[id].denied) continue;
        for (const auto& entry : rows[id].scope.allow) {
          const auto* pattern = std::get_if<capabilities::PathPattern>(&entry.pattern);
          if (pattern == nullptr) continue;
          const bool reads = onlyReads(catalogue.commands()[id].name);
          const auto reached = reachedBy(*pattern, variables, reads);
          if (!reached) continue;
          auto& list = reads ? paths.readable : paths.writable;
          if (std::find(list.begin(), list.end(), *reached) == list.end()) list.push_back(*reached);
        }
      }
    }
  return paths;
}

}  // namespace sallyport::daemon
