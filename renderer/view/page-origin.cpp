// See page-origin.h.
#include "renderer/view/page-origin.h"

#include <algorithm>

#include "renderer/view/engine.h"

namespace sallyport::renderer {

namespace {

constexpr int TLS_PORT = 443;

bool matches(const RemoteHost& host, const QString& name) {
  const auto written = QString::fromStdString(host.name);
  if (host.subdomains == RemoteHost::Subdomains::NONE) {
    return name == written;
  }
  if (!name.endsWith(QLatin1Char('.') + written)) {
    return false;
  }
  const auto before = name.chopped(written.size() + 1);
  return !before.isEmpty() &&
         (host.subdomains == RemoteHost::Subdomains::ANY || !before.contains(QLatin1Char('.')));
}

}  // namespace

void PageOrigin::set(const Start& start) {
  m_hosts = start.hosts;
  const QUrl url(QString::fromStdString(start.url));
  if (m_hosts.empty() && url.isValid() && url.scheme() == QLatin1String(APP_SCHEME)) {
    m_app = url.host();
  }
}

bool PageOrigin::contains(const QUrl& url) const {
  if (isRemote()) {
    return url.scheme() == QLatin1String("https") && hasHost(url);
  }
  return !m_app.isEmpty() && url.isValid() && url.scheme() == QLatin1String(APP_SCHEME) &&
         url.host() == m_app && url.port() == -1 && url.userInfo().isEmpty();
}

bool PageOrigin::maySocket(const QUrl& url) const {
  return isRemote() && url.scheme() == QLatin1String("wss") && hasHost(url);
}

bool PageOrigin::hasHost(const QUrl& url) const {
  return url.isValid() && url.userInfo().isEmpty() &&
         std::any_of(m_hosts.begin(), m_hosts.end(), [&](const RemoteHost& host) {
           return url.port(TLS_PORT) == host.port && matches(host, url.host());
         });
}

}  // namespace sallyport::renderer
