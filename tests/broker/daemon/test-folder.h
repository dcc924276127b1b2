// A private folder for one test, and what a pipe behind a journal got.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sallyport::daemon {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sallyport-daemon-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for the test");
    m_path = std::filesystem::canonical(pattern);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return m_path; }
  std::filesystem::path operator/(std::string_view name) const { return m_path / name; }

  std::filesystem::path write(std::string_view name, std::string_view content) const {
    const auto file = m_path / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path m_path;
};

class JournalPipe {
 public:
  JournalPipe() {
    if (pipe2(m_ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    fcntl(m_ends[0], F_SETFL, O_NONBLOCK);
    fcntl(m_ends[0], F_SETPIPE_SZ, 1 << 20);  // a test may write much before it reads
  }
  ~JournalPipe() {
    close(m_ends[0]);
    close(m_ends[1]);
  }
  JournalPipe(const JournalPipe&) = delete;
  JournalPipe& operator=(const JournalPipe&) = delete;

  int fd() const { return m_ends[1]; }

  // Everything that was written up to now.
  const std::string& text() {
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(m_ends[0], buffer, sizeof(buffer))) > 0;)
      m_text.append(buffer, static_cast<std::size_t>(count));
    return m_text;
  }
  bool has(std::string_view part) { return text().find(part) != std::string::npos; }
  std::size_t count(std::string_view part) {
    std::size_t found = 0;
    for (auto at = text().find(part); at != std::string::npos; at = m_text.find(part, at + 1))
      ++found;
    return found;
  }

 private:
  int m_ends[2];
  std::string m_text;
};

}  // namespace sallyport::daemon
