// Large bytes of answers that wait for the page: each is fetched once, by a request for its ticket.
// Runs in the renderer.
#pragma once

#include <QHash>
#include <QString>
#include <optional>

#include "broker/qt-loop/loop.h"
#include "renderer/link/session-link.h"

namespace sallyport::renderer {

class PageDownloads {
 public:
  // Beneath the app's own address; no file of an app has such a path.
  static constexpr auto FOLDER = "/.sallyport/";
  static constexpr qsizetype MAX_FAILURES = 64;  // that no page asked for; then all are forgotten

  PageDownloads(qt_loop::QtLoop& loop, SessionLink& link) : m_loop(loop), m_link(link) {}

  // The path under which the page's main frame may fetch it, once.
  QString offer(const OpenDownload& download);
  // By a path that was offered and not asked for before.
  std::optional<OpenDownload> take(const QString& path);
  // Nobody fetches any of them.
  void clear();

  void read(const OpenDownload& download, DownloadReads::Came came);
  void discard(const OpenDownload& download);

  // Why the request for a path failed. Who asks for the reason does not fetch it any more.
  void failed(const QString& path, const Failure& failure);
  std::optional<Failure> failureOf(const QString& path);

 private:
  qt_loop::QtLoop& m_loop;
  SessionLink& m_link;
  QHash<QString, OpenDownload> m_offered;
  QHash<QString, Failure> m_failures;
};

}  // namespace sallyport::renderer
