// Reading and writing of the wire's integers and lengths. A Reader never reads past its end and
// never allocates by a length that the bytes left over could not fill. Part of the pure library
// `bitcoin`.
#pragma once

#include "broker/bitcoin/bytes.h"

namespace sallyport::bitcoin {

class Reader {
 public:
  explicit Reader(ByteView bytes) : m_rest(bytes) {}

  std::size_t remaining() const { return m_rest.size(); }
  bool atEnd() const { return m_rest.empty(); }

  Result<ByteView> take(std::size_t size);
  Result<std::uint8_t> u8();
  Result<std::uint32_t> u32();
  Result<std::uint64_t> u64();
  Result<std::uint64_t> compactSize();  // the shortest form only
  // A count of things that take at least `least` bytes each.
  Result<std::size_t> count(std::size_t least);
  Result<Bytes> sized(std::size_t most);  // compact size, then that many bytes

 private:
  Result<std::uint64_t> littleEndian(std::size_t size);
  ByteView m_rest;
};

void writeLittleEndian(Bytes& out, std::uint64_t value, std::size_t size);
inline void writeU32(Bytes& out, std::uint32_t value) { writeLittleEndian(out, value, 4); }
inline void writeU64(Bytes& out, std::uint64_t value) { writeLittleEndian(out, value, 8); }
void writeCompactSize(Bytes& out, std::uint64_t value);
void writeSized(Bytes& out, ByteView bytes);
std::size_t compactSizeLength(std::uint64_t value);

}  // namespace sallyport::bitcoin
