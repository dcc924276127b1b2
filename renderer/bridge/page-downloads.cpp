// See page-downloads.h.
#include "renderer/bridge/page-downloads.h"

#include <utility>

#include "renderer/bridge/ticket.h"

namespace sallyport::renderer {

QString PageDownloads::offer(const OpenDownload& download) {
  QString path = FOLDER + freshTicket();
  m_offered.insert(path, download);
  return path;
}

std::optional<OpenDownload> PageDownloads::take(const QString& path) {
  const auto found = m_offered.constFind(path);
  if (found == m_offered.constEnd()) {
    return std::nullopt;
  }
  const OpenDownload download = *found;
  m_offered.erase(found);
  return download;
}

void PageDownloads::clear() {
  for (const OpenDownload& download : std::exchange(m_offered, {})) {
    discard(download);
  }
  m_failures.clear();
}

void PageDownloads::read(const OpenDownload& download, DownloadReads::Came came) {
  m_loop.turn([&] { m_link.downloads().read(download.number, std::move(came)); });
}

void PageDownloads::discard(const OpenDownload& download) {
  m_loop.turn([&] { m_link.downloads().discard(download.number); });
}

void PageDownloads::failed(const QString& path, const Failure& failure) {
  if (m_failures.size() >= MAX_FAILURES) {
    m_failures.clear();
  }
  m_failures.insert(path, failure);
}

std::optional<Failure> PageDownloads::failureOf(const QString& path) {
  if (const auto unused = take(path)) {
    discard(*unused);
  }
  const auto found = m_failures.constFind(path);
  if (found == m_failures.constEnd()) {
    return std::nullopt;
  }
  Failure failure = *found;
  m_failures.erase(found);
  return failure;
}

}  // namespace sallyport::renderer
