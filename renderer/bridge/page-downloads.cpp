// See page-downloads.h.
#include "renderer/bridge/page-downloads.h"

#include <utility>

#include "renderer/bridge/ticket.h"

namespace sallyport::renderer {

QString PageDownloads::offer(const OpenDownload& download) {
  // Those that failed before the page asked for all of their parts.
  m_offered.removeIf([](const auto& offered) { return offered.value()->isOver(); });
  QString path = FOLDER + freshTicket();
  PageDownload::Source& source = *this;
  m_offered.insert(path, std::make_shared<PageDownload>(source, download, path));
  return path;
}

std::shared_ptr<PageDownload> PageDownloads::take(const QString& path, PageDownload::Part& part) {
  const auto slash = path.lastIndexOf(u'/');
  const QString offered = path.left(slash);
  const auto download = m_offered.value(offered);
  bool isNumber = false;
  const uint index = path.mid(slash + 1).toUInt(&isNumber);
  if (!download || !isNumber) {
    return nullptr;
  }
  const bool isTaken = download->take(index, part);
  if (download->areAllTaken() || download->isOver()) {
    m_offered.remove(offered);
  }
  return isTaken ? download : nullptr;
}

void PageDownloads::clear() {
  for (const auto& download : std::exchange(m_offered, {})) {
    download->cancel();
  }
  m_failures.clear();
}

void PageDownloads::read(std::uint64_t number, DownloadReads::Came came) {
  m_loop.turn([&] { m_link.downloads().read(number, std::move(came)); });
}

void PageDownloads::discard(std::uint64_t number) {
  m_loop.turn([&] { m_link.downloads().discard(number); });
}

void PageDownloads::failed(const QString& path, const Failure& failure) {
  if (m_failures.size() >= MAX_FAILURES) {
    m_failures.clear();
  }
  m_failures.insert(path, failure);
}

std::optional<Failure> PageDownloads::failureOf(const QString& path) {
  if (const auto unused = m_offered.take(path)) {
    unused->cancel();
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
