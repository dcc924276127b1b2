// The body of one request for a part of an answer's large bytes. Runs in the renderer: fed on the
// main thread, read on the engine's.
#pragma once

#include <QIODevice>
#include <QMutex>
#include <QString>
#include <deque>
#include <memory>

#include "renderer/bridge/page-downloads.h"

namespace sallyport::renderer {

class DownloadDevice final : public QIODevice, private PageDownload::Part {
 public:
  static constexpr std::size_t SLICES_AHEAD = 3;

  // Null: nobody was offered a part at that path, or it was asked for before.
  static std::unique_ptr<DownloadDevice> take(PageDownloads& downloads, const QString& path);
  ~DownloadDevice() override;

  bool isSequential() const override { return true; }
  qint64 bytesAvailable() const override;
  bool atEnd() const override;

 protected:
  qint64 readData(char* to, qint64 most) override;
  qint64 writeData(const char*, qint64) override { return -1; }

 private:
  DownloadDevice();

  bool hasRoom() const override;
  void came(PageDownload::Slice&& slice) override;
  void ended() override;
  void failed() override;

  std::shared_ptr<PageDownload> m_download;

  mutable QMutex m_mutex;  // of all below
  std::deque<PageDownload::Slice> m_slices;
  bool m_ended = false;
  bool m_failed = false;
};

}  // namespace sallyport::renderer
