// Large bytes of answers that wait for the page: each is fetched once, by requests for its ticket.
// Runs in the renderer.
#pragma once

#include <QHash>
#include <QString>
#include <memory>
#include <optional>

#include "broker/qt-loop/loop.h"
#include "renderer/bridge/page-download.h"
#include "renderer/link/session-link.h"

namespace sallyport::renderer {

class PageDownloads final : private PageDownload::Source {
 public:
  // Beneath the app's own address; no file of an app has such a path.
  static constexpr auto FOLDER = "/.sallyport/";
  static constexpr qsizetype MAX_FAILURES = 64;  // that no page asked for; then all are forgotten

  PageDownloads(qt_loop::QtLoop& loop, SessionLink& link) : m_loop(loop), m_link(link) {}

  // The path beneath which the page's main frame may fetch its parts, 0 and on, each once.
  QString offer(const OpenDownload& download);

  // By the path of a part ("PATH/0"). Null: it is not there, or was asked for before.
  std::shared_ptr<PageDownload> take(const QString& path, PageDownload::Part& part);
  // Nobody fetches any of them.
  void clear();

  // Those that wait to be fetched, and those that failed since the last offer: for tests.
  qsizetype offered() const { return m_offered.size(); }

  // Why the requests beneath a path failed. Who asks for the reason does not fetch it any more.
  std::optional<Failure> failureOf(const QString& path);

 private:
  void read(std::uint64_t number, DownloadReads::Came came) override;
  void discard(std::uint64_t number) override;
  void failed(const QString& path, const Failure& failure) override;

  qt_loop::QtLoop& m_loop;
  SessionLink& m_link;
  QHash<QString, std::shared_ptr<PageDownload>> m_offered;
  QHash<QString, Failure> m_failures;
};

}  // namespace sallyport::renderer
