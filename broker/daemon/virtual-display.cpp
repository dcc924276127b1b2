#include "broker/daemon/virtual-display.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace sallyport::daemon {
namespace {

constexpr const char* XVFB = "/usr/bin/Xvfb";
constexpr int START_MS = 15'000;
constexpr std::uint16_t FAMILY_WILD = 0xffff;  // Xauth(3): matches every address and display

// Xauthority's record: family, address, display number, name, data; lengths big-endian.
void writeCookie(const std::filesystem::path& file) {
  std::array<char, 16> cookie{};
  if (getrandom(cookie.data(), cookie.size(), 0) != ssize_t(cookie.size()))
    throw std::runtime_error("getrandom failed");
  std::string record;
  const auto number = [&](std::size_t value) {
    record += static_cast<char>(value >> 8);
    record += static_cast<char>(value & 0xff);
  };
  const auto field = [&](std::string_view bytes) {
    number(bytes.size());
    record += bytes;
  };
  number(FAMILY_WILD);
  field("");
  field("");
  field("MIT-MAGIC-COOKIE-1");
  field({cookie.data(), cookie.size()});
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << record;
  if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
}

std::string readDisplayNumber(int fd) {
  std::string digits;
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, START_MS) <= 0) return {};
    char c = 0;
    if (read(fd, &c, 1) != 1) return {};
    if (c == '\n') return digits;
    digits += c;
  }
}

}  // namespace

VirtualDisplay::VirtualDisplay(const std::filesystem::path& runtimeDirectory)
    : m_authority(runtimeDirectory / "xauthority") {
  if (access(XVFB, X_OK) != 0)
    throw std::runtime_error("--headless needs Xvfb. Fix: install the package xvfb");
  writeCookie(m_authority);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t parent = getpid();
  m_pid = fork();
  if (m_pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    dup2(ends[1], 3);
    close_range(4, ~0U, 0);
    const char* const argv[] = {XVFB,
                                "-displayfd",
                                "3",
                                "-screen",
                                "0",
                                "1400x1000x24",
                                "-nolisten",
                                "tcp",
                                "-noreset",
                                "-auth",
                                m_authority.c_str(),
                                nullptr};
    const char* const environment[] = {nullptr};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execve writes to neither
    execve(XVFB, const_cast<char* const*>(argv), const_cast<char* const*>(environment));
    _exit(127);
  }
  close(ends[1]);
  const std::string number = m_pid > 0 ? readDisplayNumber(ends[0]) : std::string();
  close(ends[0]);
  if (number.empty()) throw std::runtime_error("Xvfb does not start");
  m_display = ":" + number;
}

VirtualDisplay::~VirtualDisplay() {
  if (m_pid <= 0) return;
  kill(m_pid, SIGTERM);
  waitpid(m_pid, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove(m_authority, ignored);
}

}  // namespace sallyport::daemon
