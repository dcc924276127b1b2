#include "broker/vault/attempts.h"

#include <sodium.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string_view>

namespace sallyport::vault {
namespace {

constexpr std::string_view MAGIC = "SLYPATT1";
constexpr std::size_t CHECKSUM_SIZE = 16;
constexpr std::size_t FILE_SIZE = 8 + 4 + CHECKSUM_SIZE;
constexpr std::chrono::seconds LONGEST_WAIT{300};
constexpr std::uint32_t DAMAGED = 64;  // any count whose wait is the longest

Bytes encode(std::uint32_t failed) {
  Bytes out(MAGIC.begin(), MAGIC.end());
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(failed >> (8 * i)));
  out.resize(FILE_SIZE);
  crypto_generichash(
      out.data() + FILE_SIZE - CHECKSUM_SIZE, CHECKSUM_SIZE, out.data(), 8 + 4, nullptr, 0);
  return out;
}

std::uint32_t decode(const Bytes& file) {
  if (file.size() != FILE_SIZE) return DAMAGED;
  std::uint32_t failed = 0;
  for (std::size_t i = 0; i < 4; ++i) failed |= std::uint32_t{file[8 + i]} << (8 * i);
  return encode(failed) == file ? failed : DAMAGED;
}

std::chrono::nanoseconds read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::chrono::nanoseconds SystemClock::boottime() const { return read(CLOCK_BOOTTIME); }

std::uint64_t SystemClock::unixSeconds() const {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(read(CLOCK_REALTIME)).count());
}

Attempts::Attempts(StateDir& dir, const Clock& clock)
    : m_dir(dir), m_clock(clock), m_since(clock.boottime()) {
  if (const auto file = dir.read(FILE_NAME, FILE_SIZE)) m_failed = decode(*file);
}

std::chrono::seconds Attempts::waitAfter(std::uint32_t failures) {
  if (failures <= 2) return std::chrono::seconds(0);
  const std::uint32_t doublings = std::min<std::uint32_t>(failures - 3, 16);
  return std::min(LONGEST_WAIT, std::chrono::seconds(1LL << doublings));
}

std::chrono::seconds Attempts::retryAfter() const {
  const auto left = m_since + waitAfter(m_failed) - m_clock.boottime();
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(left));
}

void Attempts::begin() {
  if (m_failed < std::numeric_limits<std::uint32_t>::max()) ++m_failed;
  m_since = m_clock.boottime();
  store();
}

void Attempts::succeed() {
  m_failed = 0;
  store();
}

void Attempts::store() { m_dir.replace(FILE_NAME, encode(m_failed)); }

}  // namespace sallyport::vault
