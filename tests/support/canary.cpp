// See the header.
#include "tests/support/canary.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "broker/bitcoin/base64.h"
#include "broker/bitcoin/keys/mnemonic.h"
#include "tests/support/process-table.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t PIECE = 1 << 20, OVERLAP = 256;  // longer than any secret in any form

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    out += digits;
  }
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

std::string utf16(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) {
    out += c;
    out += '\0';
  }
  return out;
}

bool isLetter(char c) { return c >= 'a' && c <= 'z'; }

// The word at the next letter after a few characters that are none; its end, or npos.
std::size_t wordAfter(std::string_view text, std::size_t at, const std::string& word) {
  constexpr std::size_t GAP = 8;  // "\n 12. ", "\",\"", a zero byte
  std::size_t begin = at;
  while (begin < text.size() && begin - at < GAP && !isLetter(text[begin])) ++begin;
  if (begin == at || text.compare(begin, word.size(), word) != 0) return std::string_view::npos;
  return begin + word.size();
}

bool hasThreeInARow(std::string_view text, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i + 2 < words.size(); ++i)
    for (std::size_t at = text.find(words[i]); at != std::string_view::npos;
         at = text.find(words[i], at + 1)) {
      const auto second = wordAfter(text, at + words[i].size(), words[i + 1]);
      if (second != std::string_view::npos &&
          wordAfter(text, second, words[i + 2]) != std::string_view::npos)
        return true;
    }
  return false;
}

void append(std::vector<std::string>& found,
            const std::vector<std::string>& names,
            const std::string& place) {
  for (const auto& name : names) {
    const auto line = name + " in " + place;
    if (std::find(found.begin(), found.end(), line) == found.end()) found.push_back(line);
  }
}

}  // namespace

void Canaries::addText(const std::string& name, const std::string& secret) {
  m_secrets.emplace_back(name, secret);
  m_secrets.emplace_back(name + " (UTF-16)", utf16(secret));
  addBytes(name, secret);
}

void Canaries::addBytes(const std::string& name, std::string_view secret) {
  m_secrets.emplace_back(name + " (raw)", secret);
  m_secrets.emplace_back(name + " (hex)", hex(secret));
  m_secrets.emplace_back(name + " (HEX)", upper(hex(secret)));
  // Its own start within a longer text is not known, so only whole groups of three bytes.
  const auto whole = secret.substr(0, secret.size() / 3 * 3);
  m_secrets.emplace_back(
      name + " (base64)",
      bitcoin::encodeBase64({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()}));
}

void Canaries::addMnemonic(const std::string& name, const std::string& words) {
  std::istringstream in(words);
  std::vector<std::string> list;
  for (std::string word; in >> word;) list.push_back(word);
  m_words.emplace_back(name, list);
  std::array<std::uint8_t, bitcoin::keys::MAX_ENTROPY_BYTES> entropy{};
  const auto size = bitcoin::keys::mnemonicToEntropy(words, entropy);
  if (!size) throw std::runtime_error("no mnemonic: " + words);
  addBytes(name + "'s entropy", {reinterpret_cast<const char*>(entropy.data()), *size});
  std::array<std::uint8_t, 64> seed{};
  if (!bitcoin::keys::mnemonicToSeed(words, "", seed)) throw std::runtime_error("no seed");
  addBytes(name + "'s seed", {reinterpret_cast<const char*>(seed.data()), seed.size()});
}

std::vector<std::string> Canaries::in(std::string_view bytes) const {
  std::vector<std::string> found;
  for (const auto& [name, secret] : m_secrets)
    if (bytes.find(secret) != std::string_view::npos) found.push_back(name);
  for (const auto& [name, words] : m_words)
    if (hasThreeInARow(bytes, words)) found.push_back(name + " (three words)");
  return found;
}

std::vector<std::string> Canaries::inFiles(const fs::path& folder,
                                           const std::vector<std::string>& spared) const {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().filename().string();
    if (std::find(spared.begin(), spared.end(), name) != spared.end()) continue;
    append(found, in(readAll(entry.path())), entry.path().string());
  }
  return found;
}

std::vector<std::string> Canaries::inProcesses(const std::vector<pid_t>& pids) const {
  std::vector<std::string> found;
  for (const pid_t pid : pids)
    for (const auto* file : {"cmdline", "environ"}) {
      const auto path = fs::path("/proc") / std::to_string(pid) / file;
      append(found, in(readAll(path)), path.string() + " of " + commandName(pid));
    }
  return found;
}

std::vector<std::string> Canaries::inMemory(pid_t pid, bool& readable) const {
  const auto folder = fs::path("/proc") / std::to_string(pid);
  std::vector<std::string> found;
  const int memory = open((folder / "mem").c_str(), O_RDONLY | O_CLOEXEC);
  readable = memory >= 0;
  if (!readable) return found;
  std::istringstream maps(readAll(folder / "maps"));
  std::string piece(PIECE + OVERLAP, '\0');
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    for (unsigned long at = begin; at < end; at += PIECE) {
      const auto wanted = std::min<unsigned long>(piece.size(), end - at);
      const ssize_t count = pread(memory, piece.data(), wanted, static_cast<off_t>(at));
      if (count <= 0) break;
      append(found,
             in(std::string_view(piece).substr(0, static_cast<std::size_t>(count))),
             "the memory of " + commandName(pid));
    }
  }
  close(memory);
  return found;
}

}  // namespace sallyport::test
