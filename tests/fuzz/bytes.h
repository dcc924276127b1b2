// A fuzzer's bytes as choices: small numbers, picks and texts, until there are no more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : m_at(data), m_end(data + size) {}

  bool empty() const { return m_at == m_end; }
  std::uint8_t byte() { return empty() ? 0 : *m_at++; }
  // 0 to below - 1.
  std::size_t below(std::size_t below) { return byte() % below; }
  // Of the length that the next byte says, as far as there is so much.
  std::string text() {
    const std::size_t size = std::min<std::size_t>(byte(), static_cast<std::size_t>(m_end - m_at));
    std::string taken(reinterpret_cast<const char*>(m_at), size);
    m_at += size;
    return taken;
  }
  std::string_view rest() const {
    return {reinterpret_cast<const char*>(m_at), static_cast<std::size_t>(m_end - m_at)};
  }

 private:
  const std::uint8_t* m_at;
  const std::uint8_t* m_end;
};

}  // namespace sallyport::fuzz
