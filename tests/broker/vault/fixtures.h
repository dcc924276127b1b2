// What the vault's tests share: a private folder, a clock that the test moves, a cheap derivation.
#pragma once

#include <kj/async-io.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "broker/vault/attempts.h"
#include "broker/vault/key-derivation.h"

namespace sallyport::vault {

class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sallyport-vault-XXXXXX").string();
    m_path = mkdtemp(pattern.data());  // 0700
  }
  ~TempDir() { std::filesystem::remove_all(m_path); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path() const { return m_path.string(); }
  std::filesystem::path operator/(std::string_view name) const { return m_path / name; }

 private:
  std::filesystem::path m_path;
};

class FakeClock final : public Clock {
 public:
  std::chrono::nanoseconds boottime() const override { return m_now; }
  std::uint64_t unixSeconds() const override { return m_wall; }
  void advance(std::chrono::nanoseconds by) { m_now += by; }
  void setWall(std::uint64_t unixSeconds) { m_wall = unixSeconds; }

 private:
  std::uint64_t m_wall = 1'800'000'000;
  std::chrono::nanoseconds m_now = std::chrono::hours(1);
};

inline KdfPolicy cheapKdf() { return {1, 64 << 10, std::chrono::milliseconds(0)}; }

inline SecretBuffer secretOf(std::string_view text) {
  return SecretBuffer::copyOf({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

inline Bytes readFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeFile(const std::filesystem::path& path, const Bytes& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(content.data()),
            static_cast<std::streamsize>(content.size()));
}

// True when the text stands anywhere in a file of the folder.
inline bool folderContains(const std::filesystem::path& folder, std::string_view text) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const Bytes content = readFile(entry.path());
    const std::string_view all(reinterpret_cast<const char*>(content.data()), content.size());
    if (all.find(text) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace sallyport::vault
