// See the header.
#include "tests/redteam/mutant/without.h"

#include <fstream>
#include <string>
#include <utility>

namespace sallyport::redteam {
namespace {

// tests/proto/built-files looks for it in what is shipped.
constexpr std::string_view MARK = "SALLYPORT_REDTEAM_WITHOUT=";

const std::string& list() {
  static const std::string names = [] {
    std::ifstream file(SALLYPORT_WITHOUT_FILE);
    std::string line;
    std::getline(file, line);
    return line.starts_with(MARK) ? "," + line.substr(MARK.size()) + "," : std::string();
  }();
  return names;
}

// Before main, and so before the process cages itself.
[[maybe_unused]] const std::string& EARLY = list();

}  // namespace

bool without(std::string_view defence) {
  return list().find("," + std::string(defence) + ",") != std::string::npos;
}

std::string_view withoutFile() { return SALLYPORT_WITHOUT_FILE; }

std::string folded(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> ALIKE[] = {{"e\xcc\x81", "\xc3\xa9"},
                                                                     {"\xc3\x89", "\xc3\xa9"},
                                                                     {"\xe2\x80\xae", ""},
                                                                     {"\xe2\x80\x8b", ""},
                                                                     {"\xef\xbd\x83", "c"}};
  std::string text(name);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const auto& [from, to] : ALIKE)
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}

}  // namespace sallyport::redteam
