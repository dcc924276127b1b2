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
  const auto url = info.requestUrl();
  // A remote page may use what it has itself in any way; it reaches its own hosts only.
  const bool own = m_origin.isRemote() &&
                   (url.scheme() == QLatin1String("data") || url.scheme() == QLatin1String("blob"));
  if (!m_origin.contains(url) && !m_origin.maySocket(url) && !own && !isInline(info)) {
    info.block(true);
  }
}

}  // namespace sallyport::renderer
