// See the header.
#include "tests/redteam/outside.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace sallyport::redteam {
namespace {

constexpr std::size_t ALLOWED_GROWTH_KIB = 32UL * 1024;
constexpr double ALLOWED_P99_MS = 100;
// A machine that does other work makes every call slow, the quiet ones too.
constexpr double ALLOWED_RATIO = 10;
constexpr std::size_t SHOWN_FACTS = 6;

std::string decimal(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string mebibytes(std::size_t kib) { return decimal(static_cast<double>(kib) / 1024) + " MiB"; }

std::string howItEnded(const HostileWindow& window) {
  return window.label + " ended after " + decimal(window.secondsToEnd) + " s: " + *window.ended;
}

bool isBreach(const std::string& reason) {
  return reason != "peer-closed" && reason != "revoked" && reason != "internal" &&
         reason != "peer-aborted";
}

bool isOneOf(std::string_view value, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::map<std::string, std::string> Outside::facts() const {
  std::map<std::string, std::string> found;
  std::istringstream lines(journal());
  const std::string mark = ": @" + m_id + " ";
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(mark);
    if (at == std::string::npos) continue;
    std::istringstream parts(line.substr(at + mark.size()));
    for (std::string part; std::getline(parts, part, '|');) {
      const auto equals = part.rfind('=');
      if (equals != std::string::npos) found[part.substr(0, equals)] = part.substr(equals + 1);
    }
  }
  return found;
}

std::size_t Outside::count(std::string_view text) const {
  const auto all = journal();
  std::size_t found = 0;
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + text.size()))
    ++found;
  return found;
}

void Verdict::expect(bool holds, const std::string& what) {
  if (!holds) m_unsafe = true;
  m_evidence.push_back((holds ? "" : "UNSAFE: ") + what);
}

void Verdict::cannotTell(const std::string& why) {
  m_unclear = true;
  m_evidence.push_back(why);
}

void Verdict::endsWith(const Outside& seen, std::initializer_list<std::string_view> reasons) {
  for (const auto& window : seen.windows) {
    if (!window.ended) {
      expect(false, window.label + " still has its session");
      continue;
    }
    const bool good =
        reasons.size() == 0 ? isBreach(*window.ended) : isOneOf(*window.ended, reasons);
    expect(good, howItEnded(window));
  }
}

void Verdict::endsOrIsHeldDown(const Outside& seen,
                               std::initializer_list<std::string_view> reasons) {
  for (const auto& window : seen.windows) {
    expect(!window.ended || isOneOf(*window.ended, reasons),
           window.ended ? howItEnded(window) : window.label + " is held down by the rate");
  }
}

void Verdict::facts(const Outside& seen,
                    const std::string& prefix,
                    std::initializer_list<std::string_view> values) {
  std::map<std::string, std::size_t> seenValues;
  std::size_t shown = 0;
  for (const auto& [name, value] : seen.facts()) {
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    ++seenValues[value];
    if (isOneOf(value, values)) continue;
    if (++shown <= SHOWN_FACTS) {
      expect(false, name + ": " + value);
    } else {
      m_unsafe = true;
    }
  }
  const std::string what = prefix.substr(0, prefix.find_last_not_of(' ') + 1);
  if (seenValues.empty()) return expect(false, "the attacker said nothing of " + what);
  std::string text;
  for (const auto& [value, times] : seenValues)
    text += (text.empty() ? "" : ", ") + std::to_string(times) + " " + value;
  note((what.empty() ? "" : what + ": ") + text);
}

void Verdict::healthy(const Outside& seen) {
  const Health& health = seen.health;
  expect(health.brokerLives, health.brokerLives ? "the broker lives" : "the broker ended");
  if (!health.brokerLives) return;
  for (const auto& name : health.restarted) expect(false, name + " was started again");
  const std::size_t growth = std::max(health.rssPeakKib, health.rssBeforeKib) - health.rssBeforeKib;
  expect(growth < ALLOWED_GROWTH_KIB,
         "RSS of the broker " + mebibytes(health.rssBeforeKib) + ", at most " + mebibytes(growth) +
             " more");
  expect(health.lost == 0, std::to_string(health.lost) + " honest calls lost");
  if (health.descriptorsBefore && health.descriptorsAfter)
    note("descriptors of the broker " + std::to_string(*health.descriptorsBefore) + ", then " +
         std::to_string(*health.descriptorsAfter));
  if (health.quiet.calls == 0)
    return cannotTell("the honest window was not heard before the attack");
  if (health.attacked.calls == 0)
    return expect(false, "the honest window was not served meanwhile");
  const double ratio = health.attacked.p99 / std::max(health.quiet.p99, 0.001);
  expect(health.attacked.p99 < ALLOWED_P99_MS || ratio < ALLOWED_RATIO,
         "honest window p50/p99 " + decimal(health.attacked.p50) + "/" +
             decimal(health.attacked.p99) + " ms under attack (" +
             std::to_string(health.attacked.calls) + " calls), " + decimal(health.quiet.p50) + "/" +
             decimal(health.quiet.p99) + " ms quiet (" + std::to_string(health.quiet.calls) +
             "), p99 " + decimal(ratio) + " times");
}

std::string Verdict::evidence() const {
  std::string text;
  for (const auto& one : m_evidence) text += (text.empty() ? "" : "; ") + one;
  return text;
}

}  // namespace sallyport::redteam
