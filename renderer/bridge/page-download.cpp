// See page-download.h.
#include "renderer/bridge/page-download.h"

#include <algorithm>
#include <utility>

namespace sallyport::renderer {

PageDownload::PageDownload(Source& source, const OpenDownload& download, QString path)
    : m_source(source),
      m_download(download),
      m_path(std::move(path)),
      m_parts(std::max<std::size_t>(1, (download.bytes + PART_BYTES - 1) / PART_BYTES)) {}

bool PageDownload::take(std::size_t index, Part& part) {
  if (m_isOver || index >= m_parts.size() || m_parts[index].isTaken) {
    return false;
  }
  m_parts[index] = {&part, true};
  ++m_takenCount;
  if (m_download.bytes == 0) {
    m_isOver = true;  // nothing will be read of it
    m_source.discard(m_download.number);
    part.ended();
    return true;
  }
  handOn();
  fill();
  return true;
}

void PageDownload::leave(const Part& part, bool isWhole) {
  for (Place& place : m_parts) {
    place.part = place.part == &part ? nullptr : place.part;
  }
  if (!isWhole) {
    cancel();
  }
}

void PageDownload::cancel() {
  if (!m_isOver) {
    m_source.discard(m_download.number);
    fail();
  }
}

void PageDownload::fail() {
  m_isOver = true;
  m_rest = {};
  for (const Place& place : m_parts) {
    if (place.part != nullptr) {
      place.part->failed();
    }
  }
}

std::size_t PageDownload::current() const {
  return std::min(m_handedOn / PART_BYTES, m_parts.size() - 1);
}

void PageDownload::fill() {
  const Part* part = m_parts[current()].part;
  if (m_reading || m_isOver || part == nullptr || !part->hasRoom()) {
    return;
  }
  m_reading = true;
  m_source.read(m_download.number, [weak = weak_from_this()](DownloadReads::Piece&& piece) {
    if (const auto self = weak.lock()) {
      self->came(kj::mv(piece));
    }
  });
}

void PageDownload::came(DownloadReads::Piece&& piece) {
  m_reading = false;
  if (m_isOver) {
    return;
  }
  if (piece.failure) {
    m_source.failed(m_path, *piece.failure);
    fail();
    return;
  }
  if (piece.bytes.size() == 0) {  // the source is content with what it gave
    m_isOver = true;
    if (Part* last = m_parts.back().part; last != nullptr) {
      last->ended();
    }
    return;
  }
  auto bytes = std::make_shared<kj::Array<kj::byte>>(kj::mv(piece.bytes));
  m_rest = {bytes, *bytes};
  handOn();
  fill();
}

void PageDownload::handOn() {
  while (m_rest.bytes.size() > 0) {
    const std::size_t index = current();
    Part* part = m_parts[index].part;
    if (part == nullptr) {
      return;
    }
    const bool isLast = index + 1 == m_parts.size();
    const std::size_t room = (index + 1) * PART_BYTES - m_handedOn;
    const std::size_t size = isLast ? m_rest.bytes.size() : std::min(m_rest.bytes.size(), room);
    part->came({m_rest.piece, m_rest.bytes.slice(0, size)});
    m_rest.bytes = m_rest.bytes.slice(size, m_rest.bytes.size());
    m_handedOn += size;
    if (!isLast && size == room) {
      part->ended();
    }
  }
  m_rest = {};
}

}  // namespace sallyport::renderer
