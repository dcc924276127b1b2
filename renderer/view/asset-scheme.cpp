// See asset-scheme.h.
#include "renderer/view/asset-scheme.h"

#include <QBuffer>
#include <QMultiMap>
#include <QPointer>
#include <QUrl>
#include <QWebEngineUrlRequestJob>

#include "renderer/view/download-device.h"

namespace sallyport::renderer {

namespace {

// Ends a request without an answer: for the page a network error, whichever way it asked.
// By a redirect that the engine never follows (data: is no safe target for one), because fail()
// gives fetch(), from Qt 6.8 on, an answer whose body never ends.
void refuse(QWebEngineUrlRequestJob& job) { job.redirect(QUrl("data:,")); }

void reply(QWebEngineUrlRequestJob& job, Asset&& asset) {
  if (!asset.found) {
    refuse(job);
    return;
  }
#if QT_VERSION >= QT_VERSION_CHECK(6, 6, 0)
  QMultiMap<QByteArray, QByteArray> headers;
  for (const auto& [name, value] : asset.headers) {
    headers.insert(QByteArray::fromStdString(name), QByteArray::fromStdString(value));
  }
  job.setAdditionalResponseHeaders(headers);
#endif
  // Before 6.6 the engine takes no headers: the broker writes the policy into each document as a
  // meta element too.
  auto* body = new QBuffer(&job);
  body->setData(asset.body.data(), static_cast<qsizetype>(asset.body.size()));
  body->open(QIODevice::ReadOnly);
  job.reply(QByteArray::fromStdString(asset.mime), body);
}

}  // namespace

void AssetScheme::requestStarted(QWebEngineUrlRequestJob* job) {
  if (job->requestMethod() != "GET" || !m_origin.contains(job->requestUrl())) {
    refuse(*job);
    return;
  }
  const auto path = job->requestUrl().path(QUrl::FullyEncoded);
  if (auto part = DownloadDevice::take(m_downloads, path)) {
    part->setParent(job);
    job->reply("application/octet-stream", part.release());
    return;
  }
  m_link.assets().read(path.toStdString(), [job = QPointer(job)](Asset&& asset) {
    if (!job.isNull()) {
      reply(*job, std::move(asset));
    }
  });
}

}  // namespace sallyport::renderer
