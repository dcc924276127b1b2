#include "broker/daemon/own-file.h"

#include <fcntl.h>
#include <kj/io.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::daemon {

std::optional<std::string> readOwnFile(const std::filesystem::path& file, std::size_t limit) {
  const int number = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (number < 0) return std::nullopt;
  const kj::AutoCloseFd fd(number);
  struct stat facts {};
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd, text.data() + size, text.size() - size);
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > limit) return std::nullopt;
  text.resize(size);
  return text;
}

bool replaceOwnFile(const std::filesystem::path& file, std::string_view text) {
  const auto fresh = file.string() + ".new";
  unlink(fresh.c_str());  // of a broker that was killed in between
  const int number =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (number < 0) return false;
  const kj::AutoCloseFd fd(number);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written && rename(fresh.c_str(), file.c_str()) == 0) return true;
  unlink(fresh.c_str());
  return false;
}

}  // namespace sallyport::daemon
