// See engine.h. The cage is what holds; each switch here takes away something that a wallet never
// needs.
#include "renderer/view/engine.h"

#include <QtWebEngineCore/qtwebenginecoreglobal.h>

#include <QByteArray>
#include <QWebEngineUrlScheme>

namespace sallyport::renderer {

namespace {

constexpr const char* SWITCHES[] = {
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-sync",
    "--disable-speech-api",
    "--disable-notifications",
    "--disable-breakpad",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    // A preconnect is no request and passes the request filter from Qt 6.8 on; no host is found.
    RESOLVER_SWITCH,
    // The proxy is in this process (renderer/tunnel): the only way out, and only for remote pages.
    PROXY_SWITCHES,
    // Qt already takes out WebUSB, WebOTP, payments, background fetch and installed apps.
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
};

}  // namespace

void configureEngine(const Drawing& drawing) {
  QByteArray flags = drawing.engineSwitch;
  for (const char* flag : SWITCHES) {
    flags.append(' ').append(flag);
  }
  qputenv("QTWEBENGINE_CHROMIUM_FLAGS", flags);
  for (const auto& [name, value] : drawing.environment) {
    qputenv(name, value);
  }
  // A debugger is a way in, and these would redirect code loading.
  for (const char* name :
       {"QTWEBENGINE_REMOTE_DEBUGGING", "QTWEBENGINEPROCESS_PATH", "QTWEBENGINE_RESOURCES_PATH"}) {
    qunsetenv(name);
  }
  // The host window's frame is drawn outside the cage.
  qputenv("QT_WAYLAND_DISABLE_WINDOWDECORATION", "1");

  QWebEngineUrlScheme scheme(APP_SCHEME);
  scheme.setSyntax(QWebEngineUrlScheme::Syntax::Host);
  auto flagsOfScheme = QWebEngineUrlScheme::SecureScheme | QWebEngineUrlScheme::CorsEnabled;
#if QT_VERSION >= QT_VERSION_CHECK(6, 6, 0)
  flagsOfScheme |= QWebEngineUrlScheme::FetchApiAllowed;
#endif
  scheme.setFlags(flagsOfScheme);
  QWebEngineUrlScheme::registerScheme(scheme);
}

std::string engineVersion() {
  return std::string("Qt WebEngine ") + qWebEngineVersion() + ", Chromium " +
         qWebEngineChromiumVersion() + ", security patches " +
         qWebEngineChromiumSecurityPatchVersion();
}

}  // namespace sallyport::renderer
