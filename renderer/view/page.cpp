// See page.h.
#include "renderer/view/page.h"

#include <QWebEngineCertificateError>
#include <QWebEngineClientCertificateSelection>
#include <QWebEngineFileSystemAccessRequest>
#include <QWebEngineFullScreenRequest>
#include <QWebEngineRegisterProtocolHandlerRequest>
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
#include <QWebEngineDesktopMediaRequest>
#include <QWebEngineWebAuthUxRequest>
#endif
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
#include <QWebEnginePermission>
#endif

#include "renderer/view/authorities.h"

namespace sallyport::renderer {

namespace {

LogLevel levelOf(QWebEnginePage::JavaScriptConsoleMessageLevel level) {
  switch (level) {
    case QWebEnginePage::InfoMessageLevel:
      return LogLevel::INFO;
    case QWebEnginePage::WarningMessageLevel:
      return LogLevel::WARNING;
    case QWebEnginePage::ErrorMessageLevel:
      return LogLevel::ERROR;
  }
  return LogLevel::ERROR;
}

}  // namespace

Page::Page(QWebEngineProfile& profile, SessionLink& link, const PageOrigin& origin)
    : QWebEnginePage(&profile), m_link(link), m_origin(origin) {
  refuseRequests();
}

// What the engine would ask the user is answered here, with no.
void Page::refuseRequests() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
  connect(this, &QWebEnginePage::permissionRequested, this, [](QWebEnginePermission permission) {
    permission.deny();
  });
#else
  connect(this,
          &QWebEnginePage::featurePermissionRequested,
          this,
          [this](const QUrl& origin, Feature feature) {
            setFeaturePermission(origin, feature, PermissionDeniedByUser);
          });
#endif
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
  connect(this,
          &QWebEnginePage::desktopMediaRequested,
          this,
          [](const QWebEngineDesktopMediaRequest& request) { request.cancel(); });
  connect(this, &QWebEnginePage::webAuthUxRequested, this, [](QWebEngineWebAuthUxRequest* request) {
    request->cancel();
  });
#endif
  connect(
      this, &QWebEnginePage::fullScreenRequested, this, [](QWebEngineFullScreenRequest request) {
        request.reject();
      });
  connect(this,
          &QWebEnginePage::registerProtocolHandlerRequested,
          this,
          [](QWebEngineRegisterProtocolHandlerRequest request) { request.reject(); });
  connect(this,
          &QWebEnginePage::fileSystemAccessRequested,
          this,
          [](QWebEngineFileSystemAccessRequest request) { request.reject(); });
  connect(this,
          &QWebEnginePage::selectClientCertificate,
          this,
          [](QWebEngineClientCertificateSelection selection) { selection.selectNone(); });
  connect(this, &QWebEnginePage::certificateError, this, [](QWebEngineCertificateError error) {
    // Only who signed it may be unknown to the engine: a name, a date or a weak key is never
    // waived.
    if (error.type() == QWebEngineCertificateError::CertificateAuthorityInvalid &&
        error.isOverridable() && isTrusted(error.certificateChain(), error.url().host())) {
      error.acceptCertificate();
    } else {
      error.rejectCertificate();
    }
  });
}

// A navigation to another origin class is the broker's decision and another process (design,
// section 4).
bool Page::acceptNavigationRequest(const QUrl& url, NavigationType, bool isMainFrame) {
  const bool blank = !isMainFrame && (url == QUrl("about:blank") || url == QUrl("about:srcdoc"));
  if (blank || m_origin.contains(url)) {
    return true;
  }
  report("navigation refused", url.toDisplayString());
  if (isMainFrame) {
    m_link.navigate(url.toString(QUrl::FullyEncoded).toStdString());
  }
  return false;
}

QWebEnginePage* Page::createWindow(WebWindowType) {
  report("new window refused", {});
  return nullptr;
}

QStringList Page::chooseFiles(FileSelectionMode, const QStringList&, const QStringList&) {
  return {};
}

void Page::javaScriptAlert(const QUrl&, const QString& message) {
  report("alert() is not shown", message);
}

bool Page::javaScriptConfirm(const QUrl&, const QString& message) {
  report("confirm() is not shown", message);
  return false;
}

bool Page::javaScriptPrompt(const QUrl&, const QString& message, const QString&, QString*) {
  report("prompt() is not shown", message);
  return false;
}

void Page::javaScriptConsoleMessage(JavaScriptConsoleMessageLevel level,
                                    const QString& message,
                                    int lineNumber,
                                    const QString& source) {
  const auto line = QStringLiteral("%1:%2: %3").arg(source).arg(lineNumber).arg(message);
  m_link.log().write(levelOf(level), line.toStdString());
}

void Page::report(const char* what, const QString& detail) {
  m_link.log().write(LogLevel::WARNING, (QString::fromLatin1(what) + ": " + detail).toStdString());
}

}  // namespace sallyport::renderer
