// See asset-scheme.h.
#include "renderer/view/asset-scheme.h"

#include <QBuffer>
#include <QMultiMap>
#include <QPointer>
#include <QWebEngineUrlRequestJob>

namespace sallyport::renderer {

namespace {

void reply(QWebEngineUrlRequestJob& job, Asset&& asset) {
  if (!asset.found) {
    job.fail(QWebEngineUrlRequestJob::UrlNotFound);
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
    job->fail(QWebEngineUrlRequestJob::RequestDenied);
    return;
  }
  const auto path = job->requestUrl().path(QUrl::FullyEncoded).toStdString();
  m_link.asset(path, [job = QPointer(job)](Asset&& asset) {
    if (!job.isNull()) {
      reply(*job, std::move(asset));
    }
  });
}

}  // namespace sallyport::renderer
