// See download-device.h.
#include "renderer/view/download-device.h"

#include <QMetaObject>
#include <QMutexLocker>
#include <QPointer>
#include <algorithm>
#include <utility>

namespace sallyport::renderer {

DownloadDevice::DownloadDevice(PageDownloads& downloads,
                               OpenDownload download,
                               QString path,
                               QObject* parent)
    : QIODevice(parent),
      m_downloads(downloads),
      m_download(download),
      m_path(std::move(path)),
      m_ended(download.bytes == 0) {
  open(QIODevice::ReadOnly | QIODevice::Unbuffered);
  if (m_ended) {
    m_downloads.discard(m_download);  // nothing will be read of it
  }
  fill();
}

// The engine deletes its request, and this with it, when all was read and when nobody reads on.
DownloadDevice::~DownloadDevice() {
  if (!m_ended) {
    m_downloads.discard(m_download);
  }
}

void DownloadDevice::fill() {
  {
    const QMutexLocker lock(&m_mutex);
    if (m_asking || m_ended || m_failed || m_pieces.size() >= PIECES_AHEAD) {
      return;
    }
  }
  m_asking = true;
  m_downloads.read(m_download, [self = QPointer(this)](DownloadReads::Piece&& piece) {
    if (!self.isNull()) {
      self->came(kj::mv(piece));
    }
  });
}

void DownloadDevice::came(DownloadReads::Piece&& piece) {
  m_asking = false;
  {
    const QMutexLocker lock(&m_mutex);
    m_failed = piece.failure.has_value();
    m_ended = !m_failed && piece.bytes.size() == 0;
    if (piece.bytes.size() > 0) {
      m_pieces.push_back(kj::mv(piece.bytes));
    }
  }
  if (piece.failure) {
    m_downloads.failed(m_path, *piece.failure);
  }
  fill();
  Q_EMIT readyRead();
}

qint64 DownloadDevice::bytesAvailable() const {
  const QMutexLocker lock(&m_mutex);
  std::size_t bytes = 0;
  for (const auto& piece : m_pieces) {
    bytes += piece.size();
  }
  return static_cast<qint64>(bytes - m_taken);
}

bool DownloadDevice::atEnd() const {
  const QMutexLocker lock(&m_mutex);
  return m_ended && m_pieces.empty();
}

// On the engine's thread.
qint64 DownloadDevice::readData(char* to, qint64 most) {
  const QMutexLocker lock(&m_mutex);
  if (m_pieces.empty()) {
    return m_failed || m_ended ? -1 : 0;  // Qt 6.4 asks the device for its end in this way only
  }
  auto& piece = m_pieces.front();
  const auto size = std::min(piece.size() - m_taken, static_cast<std::size_t>(most));
  std::copy_n(piece.asChars().begin() + m_taken, size, to);
  m_taken += size;
  if (m_taken == piece.size()) {
    m_pieces.pop_front();
    m_taken = 0;
    QMetaObject::invokeMethod(
        this, [this] { fill(); }, Qt::QueuedConnection);
  }
  return static_cast<qint64>(size);
}

}  // namespace sallyport::renderer
