// See download-device.h.
#include "renderer/view/download-device.h"

#include <QMetaObject>
#include <QMutexLocker>
#include <algorithm>
#include <utility>

namespace sallyport::renderer {

DownloadDevice::DownloadDevice() { open(QIODevice::ReadOnly | QIODevice::Unbuffered); }

std::unique_ptr<DownloadDevice> DownloadDevice::take(PageDownloads& downloads,
                                                     const QString& path) {
  std::unique_ptr<DownloadDevice> device(new DownloadDevice);
  device->m_download = downloads.take(path, *device);
  return device->m_download ? std::move(device) : nullptr;
}

// The engine deletes its request, and this with it, when all was read and when nobody reads on.
DownloadDevice::~DownloadDevice() {
  if (m_download) {
    m_download->leave(*this, m_ended);
  }
}

bool DownloadDevice::hasRoom() const {
  const QMutexLocker lock(&m_mutex);
  return m_slices.size() < SLICES_AHEAD;
}

void DownloadDevice::came(PageDownload::Slice&& slice) {
  {
    const QMutexLocker lock(&m_mutex);
    m_slices.push_back(std::move(slice));
  }
  Q_EMIT readyRead();
}

void DownloadDevice::ended() {
  {
    const QMutexLocker lock(&m_mutex);
    m_ended = true;
  }
  Q_EMIT readyRead();
}

void DownloadDevice::failed() {
  {
    const QMutexLocker lock(&m_mutex);
    m_failed = !m_ended;
  }
  Q_EMIT readyRead();
}

qint64 DownloadDevice::bytesAvailable() const {
  const QMutexLocker lock(&m_mutex);
  std::size_t bytes = 0;
  for (const auto& slice : m_slices) {
    bytes += slice.bytes.size();
  }
  return static_cast<qint64>(bytes);
}

bool DownloadDevice::atEnd() const {
  const QMutexLocker lock(&m_mutex);
  return m_ended && m_slices.empty();
}

// On the engine's thread.
qint64 DownloadDevice::readData(char* to, qint64 most) {
  const QMutexLocker lock(&m_mutex);
  if (m_slices.empty()) {
    return m_failed || m_ended ? -1 : 0;  // Qt 6.4 asks the device for its end in this way only
  }
  auto& bytes = m_slices.front().bytes;
  const auto size = std::min(bytes.size(), static_cast<std::size_t>(most));
  std::copy_n(bytes.asChars().begin(), size, to);
  bytes = bytes.slice(size, bytes.size());
  if (bytes.size() == 0) {
    m_slices.pop_front();
    QMetaObject::invokeMethod(
        this, [this] { m_download->resume(); }, Qt::QueuedConnection);
  }
  return static_cast<qint64>(size);
}

}  // namespace sallyport::renderer
