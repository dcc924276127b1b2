// Little-endian integers and compact sizes.
#include "broker/bitcoin/serialize.h"

namespace sallyport::bitcoin {

Result<ByteView> Reader::take(std::size_t size) {
  if (size > m_rest.size()) return Error::TRUNCATED;
  auto out = m_rest.first(size);
  m_rest = m_rest.subspan(size);
  return out;
}

Result<std::uint64_t> Reader::littleEndian(std::size_t size) {
  auto raw = take(size);
  if (!raw) return raw.error();
  std::uint64_t out = 0;
  for (std::size_t i = size; i-- > 0;) out = out << 8 | (*raw)[i];
  return out;
}

Result<std::uint8_t> Reader::u8() {
  auto v = littleEndian(1);
  if (!v) return v.error();
  return static_cast<std::uint8_t>(*v);
}

Result<std::uint32_t> Reader::u32() {
  auto v = littleEndian(4);
  if (!v) return v.error();
  return static_cast<std::uint32_t>(*v);
}

Result<std::uint64_t> Reader::u64() { return littleEndian(8); }

Result<std::uint64_t> Reader::compactSize() {
  auto first = u8();
  if (!first) return first.error();
  if (*first < 0xfd) return std::uint64_t{*first};
  std::size_t width = *first == 0xfd ? 2 : *first == 0xfe ? 4 : 8;
  auto value = littleEndian(width);
  if (!value) return value.error();
  if (compactSizeLength(*value) != width + 1) return Error::NON_CANONICAL;
  return *value;
}

Result<std::size_t> Reader::count(std::size_t least) {
  auto n = compactSize();
  if (!n) return n.error();
  if (*n > remaining() / least) return Error::TRUNCATED;
  return static_cast<std::size_t>(*n);
}

Result<Bytes> Reader::sized(std::size_t most) {
  auto size = compactSize();
  if (!size) return size.error();
  if (*size > remaining()) return Error::TRUNCATED;
  if (*size > most) return Error::TOO_LARGE;
  return toBytes(*take(static_cast<std::size_t>(*size)));
}

void writeLittleEndian(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(value >> 8 * i & 0xff));
}

std::size_t compactSizeLength(std::uint64_t value) {
  if (value < 0xfd) return 1;
  if (value <= 0xffff) return 3;
  return value <= 0xffffffff ? 5 : 9;
}

void writeCompactSize(Bytes& out, std::uint64_t value) {
  auto length = compactSizeLength(value);
  if (length == 1) {
    out.push_back(static_cast<std::uint8_t>(value));
    return;
  }
  out.push_back(length == 3 ? 0xfd : length == 5 ? 0xfe : 0xff);
  writeLittleEndian(out, value, length - 1);
}

void writeSized(Bytes& out, ByteView bytes) {
  writeCompactSize(out, bytes.size());
  append(out, bytes);
}

}  // namespace sallyport::bitcoin
