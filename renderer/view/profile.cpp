// See profile.h.
#include "renderer/view/profile.h"

#include <QDir>
#include <QWebEngineDownloadRequest>
#include <QWebEngineScript>
#include <QWebEngineScriptCollection>
#include <QWebEngineSettings>

#include "renderer/bridge/script.h"
#include "renderer/view/engine.h"

namespace sallyport::renderer {

namespace {

void restrict(QWebEngineSettings& settings) {
  using Settings = QWebEngineSettings;
  for (auto attribute : {
           Settings::JavascriptCanOpenWindows,
           Settings::JavascriptCanAccessClipboard,
           Settings::JavascriptCanPaste,
           Settings::LocalContentCanAccessRemoteUrls,
           Settings::LocalContentCanAccessFileUrls,
           Settings::HyperlinkAuditingEnabled,
           Settings::ErrorPageEnabled,
           Settings::PluginsEnabled,
           Settings::PdfViewerEnabled,
           Settings::FullScreenSupportEnabled,
           Settings::ScreenCaptureEnabled,
           Settings::WebGLEnabled,
           Settings::Accelerated2dCanvasEnabled,
           Settings::AutoLoadIconsForPage,
           Settings::TouchIconsEnabled,
           Settings::AllowRunningInsecureContent,
           Settings::AllowGeolocationOnInsecureOrigins,
           Settings::AllowWindowActivationFromJavaScript,
           Settings::DnsPrefetchEnabled,
           Settings::NavigateOnDropEnabled,
       }) {
    settings.setAttribute(attribute, false);
  }
  settings.setAttribute(Settings::WebRTCPublicInterfacesOnly, true);
  settings.setAttribute(Settings::PlaybackRequiresUserGesture, true);
  settings.setUnknownUrlSchemePolicy(Settings::DisallowUnknownUrlSchemes);
}

QWebEngineScript mainFrameScript() {
  QWebEngineScript script;
  script.setName("sallyport-bridge");
  script.setSourceCode(bridgeScript());
  script.setInjectionPoint(QWebEngineScript::DocumentCreation);
  script.setWorldId(QWebEngineScript::MainWorld);
  script.setRunsOnSubFrames(false);
  return script;
}

// A slice of the page's own bytes under a name that only its main frame knows; nothing else.
void takeSlice(QWebEngineDownloadRequest& download, PageUploads& uploads) {
  const QString ticket = download.suggestedFileName();
  if (download.url().scheme() != QLatin1String("blob") || !uploads.isAsked(ticket)) {
    download.cancel();
    return;
  }
  download.setDownloadDirectory(QDir::tempPath());
  download.setDownloadFileName(ticket);
  QObject::connect(&download,
                   &QWebEngineDownloadRequest::stateChanged,
                   &uploads,
                   [&uploads, &download, ticket, path = QDir::temp().filePath(ticket)](
                       QWebEngineDownloadRequest::DownloadState state) {
                     if (state == QWebEngineDownloadRequest::DownloadInProgress) {
                       return;
                     }
                     const bool isThere = state == QWebEngineDownloadRequest::DownloadCompleted;
                     uploads.arrived(ticket, isThere ? path : QString());
                     download.deleteLater();  // else the profile keeps it
                   });
  download.accept();
}

}  // namespace

Profile::Profile(SessionLink& link, Bridge& bridge, const PageOrigin& origin)
    : m_assets(link, bridge.downloads(), origin), m_filter(origin) {
  m_profile.setHttpCacheType(QWebEngineProfile::NoCache);
  m_profile.setPersistentCookiesPolicy(QWebEngineProfile::NoPersistentCookies);
  m_profile.setSpellCheckEnabled(false);
  m_profile.setUrlRequestInterceptor(&m_filter);
  m_profile.installUrlSchemeHandler(APP_SCHEME, &m_assets);
  m_profile.scripts()->insert(mainFrameScript());
  restrict(*m_profile.settings());
  QObject::connect(&m_profile,
                   &QWebEngineProfile::downloadRequested,
                   &m_profile,
                   [&uploads = bridge.uploads()](QWebEngineDownloadRequest* download) {
                     takeSlice(*download, uploads);
                   });
}

}  // namespace sallyport::renderer
