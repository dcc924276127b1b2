// See the header.
#include "tests/redteam/role.h"

#include <array>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace sallyport::redteam {
namespace {

constexpr std::string_view MARK = "SALLYPORT-REDTEAM-ROLE:";
constexpr std::size_t BLOCK_BYTES = 2048;  // at the end of the file, filled up with zeros
constexpr const char* SELF = "/proc/self/exe";

}  // namespace

void writeWithRole(const std::filesystem::path& to, const std::string& role) {
  std::array<char, BLOCK_BYTES> block{};
  if (MARK.size() + role.size() >= BLOCK_BYTES) throw std::runtime_error("the role is too long");
  std::memcpy(block.data(), MARK.data(), MARK.size());
  std::memcpy(block.data() + MARK.size(), role.data(), role.size());
  std::filesystem::copy_file(SELF, to);
  std::ofstream out(to, std::ios::binary | std::ios::app);
  out.write(block.data(), block.size());
  if (!out.flush()) throw std::runtime_error(to.string());
}

std::optional<std::string> ownRole() { return roleOf(SELF); }

std::optional<std::string> roleOf(const std::filesystem::path& program) {
  std::ifstream in(program, std::ios::binary);
  in.seekg(-static_cast<std::streamoff>(BLOCK_BYTES), std::ios::end);
  std::array<char, BLOCK_BYTES + 1> block{};
  in.read(block.data(), BLOCK_BYTES);
  if (!in || std::string_view(block.data(), MARK.size()) != MARK) return std::nullopt;
  return std::string(block.data() + MARK.size());
}

}  // namespace sallyport::redteam
