// An X server without a screen, for --headless: started before the spawner is forked, reached only
// with a cookie in a file of this user's, ended with the broker. Runs in the broker before anything
// else exists.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace sallyport::daemon {

class VirtualDisplay {
 public:
  // Throws std::runtime_error with a sentence for the user (Xvfb missing, no free display).
  explicit VirtualDisplay(const std::filesystem::path& runtimeDirectory);
  ~VirtualDisplay();
  VirtualDisplay(const VirtualDisplay&) = delete;
  VirtualDisplay& operator=(const VirtualDisplay&) = delete;

  pid_t pid() const { return m_pid; }
  const std::string& display() const { return m_display; }  // ":99"
  const std::filesystem::path& authority() const { return m_authority; }

 private:
  pid_t m_pid = -1;
  std::string m_display;
  std::filesystem::path m_authority;
};

}  // namespace sallyport::daemon
