// The body of one request for large bytes of an answer: pieces come from the broker as the engine
// takes them, a few ahead. Runs in the renderer: fed on the main thread, read on the engine's.
#pragma once

#include <QIODevice>
#include <QMutex>
#include <QString>
#include <deque>

#include "renderer/bridge/page-downloads.h"

namespace sallyport::renderer {

class DownloadDevice final : public QIODevice {
 public:
  static constexpr std::size_t PIECES_AHEAD = 3;

  // path: where the page learns why it failed. downloads must outlive this.
  DownloadDevice(PageDownloads& downloads, OpenDownload download, QString path, QObject* parent);
  ~DownloadDevice() override;

  bool isSequential() const override { return true; }
  qint64 size() const override { return static_cast<qint64>(m_download.bytes); }
  qint64 bytesAvailable() const override;
  bool atEnd() const override;

 protected:
  qint64 readData(char* to, qint64 most) override;
  qint64 writeData(const char*, qint64) override { return -1; }

 private:
  void fill();
  void came(DownloadReads::Piece&& piece);

  PageDownloads& m_downloads;
  const OpenDownload m_download;
  const QString m_path;
  bool m_asking = false;  // main thread only

  mutable QMutex m_mutex;  // of all below
  std::deque<kj::Array<kj::byte>> m_pieces;
  std::size_t m_taken = 0;  // of the first
  bool m_ended = false;
  bool m_failed = false;
};

}  // namespace sallyport::renderer
