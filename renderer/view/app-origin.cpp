// See app-origin.h.
#include "renderer/view/app-origin.h"

#include "renderer/view/engine.h"

namespace sallyport::renderer {

void AppOrigin::set(const QUrl& start) {
  if (start.isValid() && start.scheme() == QLatin1String(APP_SCHEME)) {
    m_host = start.host();
  }
}

bool AppOrigin::contains(const QUrl& url) const {
  return !m_host.isEmpty() && url.isValid() && url.scheme() == QLatin1String(APP_SCHEME) &&
         url.host() == m_host && url.port() == -1 && url.userInfo().isEmpty();
}

}  // namespace sallyport::renderer
