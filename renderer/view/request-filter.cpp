// See request-filter.h.
#include "renderer/view/request-filter.h"

namespace sallyport::renderer {

namespace {

// data: and blob: hold what the page has anyway; as pictures, fonts and media the policy may allow
// them.
bool isInline(const QWebEngineUrlRequestInfo& info) {
  const auto scheme = info.requestUrl().scheme();
  if (scheme != QLatin1String("data") && scheme != QLatin1String("blob")) {
    return false;
  }
  switch (info.resourceType()) {
    case QWebEngineUrlRequestInfo::ResourceTypeImage:
    case QWebEngineUrlRequestInfo::ResourceTypeFontResource:
    case QWebEngineUrlRequestInfo::ResourceTypeMedia:
    case QWebEngineUrlRequestInfo::ResourceTypeFavicon:
      return true;
    default:
      return false;
  }
}

}  // namespace

void RequestFilter::interceptRequest(QWebEngineUrlRequestInfo& info) {
  if (!m_origin.contains(info.requestUrl()) && !isInline(info)) {
    info.block(true);
  }
}

}  // namespace sallyport::renderer
