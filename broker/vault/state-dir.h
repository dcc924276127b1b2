// The vault's folder: opened once, owner and modes checked, locked against a second vault; small
// files are read and replaced durably beneath it. Runs in the vault; trusts nobody who could write
// there.
#pragma once

#include <kj/io.h>

#include <optional>
#include <span>
#include <string>

#include "broker/vault/seal.h"

namespace sallyport::vault {

class StateDir {
 public:
  // Creates the last component when it is missing (0700). Throws a kj::Exception that names what is
  // wrong: not a directory, a symlink, another owner, a mode other than 0700, in use by another
  // vault.
  explicit StateDir(std::string path);

  const std::string& path() const { return m_path; }
  std::string pathOf(const char* name) const { return m_path + "/" + name; }

  bool has(const char* name) const;
  // Null when there is no such file. Throws for a symlink, another owner, a mode that lets others
  // in, a hard link, or more than maxSize bytes.
  std::optional<Bytes> read(const char* name, std::size_t maxSize) const;
  // The same checks without reading.
  void verify(const char* name) const;
  // 0600; throws when it exists.
  void createEmpty(const char* name);
  // All or nothing, durable on return: temporary file, fsync, rename, fsync of the folder. 0600.
  void replace(const char* name, std::span<const std::uint8_t> content);
  // Durable. Does nothing when `from` is missing.
  void rename(const char* from, const char* to);
  void sync();

 private:
  std::string m_path;
  kj::AutoCloseFd m_fd;
};

}  // namespace sallyport::vault
