// A descriptor that is closed with its owner. The spawner has no KJ, hence no AutoCloseFd.
#pragma once

#include <unistd.h>

#include <utility>

namespace sallyport::spawn {

class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int fd) : m_fd(fd) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    return *this;
  }
  ~OwnedDescriptor() {
    if (m_fd >= 0) close(m_fd);
  }

  int get() const { return m_fd; }
  explicit operator bool() const { return m_fd >= 0; }

 private:
  int m_fd = -1;
};

}  // namespace sallyport::spawn
