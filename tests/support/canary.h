// Secrets that a test planted, and the search for them where they must not be. Finds a secret as it
// is, in hexadecimal, in base64 and as Qt keeps text; of a seed also any three words in a row.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::test {

class Canaries {
 public:
  void addText(const std::string& name, const std::string& secret);
  void addBytes(const std::string& name, std::string_view secret);
  // With the entropy behind the words and the BIP39 seed made of them.
  void addMnemonic(const std::string& name, const std::string& words);

  // The names of those that are in it.
  std::vector<std::string> in(std::string_view bytes) const;

  // Each as "name in place". Files below the folder, but for those with one of these names.
  std::vector<std::string> inFiles(const std::filesystem::path& folder,
                                   const std::vector<std::string>& spared) const;
  // Command lines and environments.
  std::vector<std::string> inProcesses(const std::vector<pid_t>& pids) const;
  // What a process can write in its memory. Empty, and false in readable, when only root may look.
  std::vector<std::string> inMemory(pid_t pid, bool& readable) const;

 private:
  std::vector<std::pair<std::string, std::string>> m_secrets;  // name, bytes
  std::vector<std::pair<std::string, std::vector<std::string>>> m_words;
};

}  // namespace sallyport::test
