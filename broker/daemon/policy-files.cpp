#include "broker/daemon/policy-files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "capabilities/located-json.h"

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;
using capabilities::Capability;
using capabilities::Checked;
using capabilities::Diagnostics;
using capabilities::Source;

enum class Trust { APP, ADMIN };

class Descriptor {
 public:
  explicit Descriptor(int fd) : m_fd(fd) {}
  ~Descriptor() {
    if (m_fd >= 0) close(m_fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return m_fd; }

 private:
  int m_fd;
};

Source startOf(const fs::path& path) { return {path.string(), 0, 0}; }

// Of a folder or file whose author must be root or this user.
bool isAdmins(const fs::path& path, const struct stat& status, Diagnostics& diagnostics) {
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    diagnostics.add(
        startOf(path), "belongs to another user than root and you", "chown root " + path.string());
    return false;
  }
  if ((status.st_mode & 022) != 0) {
    diagnostics.add(startOf(path), "others may write it", "chmod go-w " + path.string());
    return false;
  }
  return true;
}

// What a file was when it was read; another one by the same name differs in it.
struct Seen {
  std::string name;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};

  bool operator==(const Seen& other) const {
    return name == other.name && device == other.device && inode == other.inode &&
           size == other.size && modified.tv_sec == other.modified.tv_sec &&
           modified.tv_nsec == other.modified.tv_nsec;
  }
};

Seen seen(const fs::path& path, const struct stat& status) {
  return {path.filename().string(), status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

std::vector<fs::path> filesIn(const fs::path& folder, Diagnostics& diagnostics) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".json") files.push_back(it->path());
  if (error == std::errc::no_such_file_or_directory)
    diagnostics.add(startOf(folder), "is missing");
  else if (error)
    diagnostics.add(startOf(folder),
                    "cannot be read: " + error.message(),
                    "a broker reads only folders that were there when it started: restart it");
  std::sort(files.begin(), files.end());
  return files;
}

// Opened once: what is checked is what is read.
std::optional<std::string> readFile(const fs::path& path,
                                    Trust trust,
                                    std::vector<Seen>& all,
                                    Diagnostics& diagnostics) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 && errno != ELOOP) {
    diagnostics.add(startOf(path), std::string("cannot be read: ") + std::strerror(errno));
    return std::nullopt;
  }
  if (file.get() < 0 || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    diagnostics.add(startOf(path), "is not a regular file");
    return std::nullopt;
  }
  if (trust == Trust::ADMIN && !isAdmins(path, status, diagnostics)) return std::nullopt;
  all.push_back(seen(path, status));
  std::string text;
  char piece[16384];
  ssize_t count = 0;
  // One byte too many is enough for the parser to refuse it.
  while (text.size() <= capabilities::MAX_POLICY_FILE_BYTES &&
         (count = read(file.get(), piece, sizeof(piece))) > 0)
    text.append(piece, static_cast<std::size_t>(count));
  if (count < 0) {
    diagnostics.add(startOf(path), std::string("cannot be read: ") + std::strerror(errno));
    return std::nullopt;
  }
  return text;
}

using Parse = Checked<Capability> (*)(std::string_view, std::string_view);

std::vector<Capability> readFolder(const fs::path& folder,
                                   Trust trust,
                                   std::vector<Seen>& all,
                                   Diagnostics& diagnostics) {
  const Parse parse =
      trust == Trust::APP ? &capabilities::parseCapability : &capabilities::parseAdminPolicy;
  std::vector<Capability> list;
  for (const auto& file : filesIn(folder, diagnostics)) {
    const auto text = readFile(file, trust, all, diagnostics);
    if (!text) continue;
    auto parsed = parse(file.string(), *text);
    if (parsed)
      list.push_back(std::move(*parsed));
    else
      diagnostics.append(parsed.error());
  }
  return list;
}

std::vector<Capability> readAdmins(const PolicyPlaces& places,
                                   std::vector<Seen>& all,
                                   Diagnostics& diagnostics) {
  if (places.admin.empty()) return {};
  struct stat status {};
  if (lstat(places.admin.c_str(), &status) != 0) {
    if (errno != ENOENT)
      diagnostics.add(startOf(places.admin),
                      std::string("cannot be read: ") + std::strerror(errno));
    else if (places.adminMissing == IfMissing::WRONG)
      diagnostics.add(startOf(places.admin), "is missing");
    return {};
  }
  if (!S_ISDIR(status.st_mode)) {
    diagnostics.add(startOf(places.admin), "is not a directory (links are refused)");
    return {};
  }
  if (!isAdmins(places.admin, status, diagnostics)) return {};
  return readFolder(places.admin, Trust::ADMIN, all, diagnostics);
}

bool isFor(const Capability& capability, const std::string& app) {
  return capability.apps.empty() || std::any_of(capability.apps.begin(),
                                                capability.apps.end(),
                                                [&](const auto& name) { return name.text == app; });
}

// A file of the admin's that names a module of another app is refused, not skipped: it would be a
// rule that silently does not hold.
void suggestApps(const PolicyPlaces& places, Diagnostics& diagnostics) {
  const std::string admin = places.admin.string() + "/";
  for (auto& diagnostic : diagnostics.list)
    if (!places.admin.empty() && diagnostic.file.rfind(admin, 0) == 0 && diagnostic.fix.empty() &&
        (diagnostic.message.rfind("unknown permission", 0) == 0 ||
         diagnostic.message.rfind("no window of this app", 0) == 0))
      diagnostic.fix = "when it is meant for some apps only, name them in `apps`";
}

// A link of a scheme that the app does not name would be refused at the click.
void requireNamedSchemes(const std::vector<Capability>& granting,
                         const AppFile& app,
                         const capabilities::Catalogue& catalogue,
                         Diagnostics& diagnostics) {
  for (const auto& capability : granting)
    for (const auto& use : capability.permissions) {
      const auto* permission = catalogue.find(use.identifier.text);
      if (permission == nullptr || capabilities::scopeKindOf(catalogue.commands(), *permission) !=
                                       capabilities::ScopeKind::LINK)
        continue;
      for (const auto& entry : use.allow) {
        std::string problem;
        const auto pattern = capabilities::parseLinkPattern(entry.text.text, problem);
        if (!pattern || pattern->scheme == "https" || pattern->scheme == "mailto" ||
            std::find(app.opens.begin(), app.opens.end(), pattern->scheme) != app.opens.end())
          continue;
        diagnostics.add(entry.text.at,
                        "the app does not open `" + pattern->scheme + "`",
                        "name it in `opens` of app.json");
      }
    }
}

Checked<capabilities::Policy> readOnce(const PolicyPlaces& places,
                                       const AppFile& app,
                                       const capabilities::Catalogue& catalogue,
                                       std::vector<Seen>& all) {
  Diagnostics diagnostics;
  const auto granting = readFolder(places.app / "capabilities", Trust::APP, all, diagnostics);
  auto narrowing = readAdmins(places, all, diagnostics);
  requireNamedSchemes(granting, app, catalogue, diagnostics);
  if (!diagnostics.empty()) return diagnostics;
  narrowing.erase(std::remove_if(narrowing.begin(),
                                 narrowing.end(),
                                 [&](const auto& one) { return !isFor(one, app.identifier); }),
                  narrowing.end());
  std::vector<std::string> labels;
  for (const auto& window : app.windows) labels.push_back(window.label);
  auto policy = capabilities::resolve(catalogue, labels, granting, narrowing);
  if (policy) return policy;
  diagnostics = policy.error();
  suggestApps(places, diagnostics);
  return diagnostics;
}

}  // namespace

Checked<capabilities::Policy> readPolicy(const PolicyPlaces& places,
                                         const AppFile& app,
                                         const capabilities::Catalogue& catalogue) {
  // Files of two versions can be good each for itself and wrong together. Two readings that saw
  // the same files are one version; whoever writes without end gets an error.
  constexpr int TRIES = 5;
  std::vector<Seen> before;
  readOnce(places, app, catalogue, before);
  for (int tries = 1; tries < TRIES; ++tries) {
    std::vector<Seen> after;
    auto policy = readOnce(places, app, catalogue, after);
    if (before == after) return policy;
    before = std::move(after);
  }
  Diagnostics diagnostics;
  diagnostics.add(startOf(places.app / "capabilities"), "changes while it is read");
  return diagnostics;
}

}  // namespace sallyport::daemon
