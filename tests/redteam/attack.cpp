// The list of attacks. See the header.
#include "tests/redteam/attack.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sallyport::redteam {
namespace {

std::vector<Attack>& all() {
  static std::vector<Attack> list;
  return list;
}

std::pair<char, long> place(const std::string& id) {
  return {id.empty() ? ' ' : id[0], id.empty() ? 0 : std::strtol(id.c_str() + 1, nullptr, 10)};
}

}  // namespace

bool inRowOrder(const std::string& left, const std::string& right) {
  const auto a = place(left), b = place(right);
  return a != b ? a < b : left < right;
}

Registered::Registered(Attack attack) {
  all().push_back(std::move(attack));
  std::sort(all().begin(), all().end(), [](const Attack& left, const Attack& right) {
    return inRowOrder(left.id, right.id);
  });
}

const std::vector<Attack>& attacks() { return all(); }

const Attack* attackNamed(const std::string& id) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const Attack& a) { return a.id == id; });
  return found == all().end() ? nullptr : &*found;
}

}  // namespace sallyport::redteam
