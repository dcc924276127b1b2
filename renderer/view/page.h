// The one page of this window: stays in its origin, opens nothing, asks nobody. Runs in the
// renderer.
#pragma once

#include <QWebEnginePage>

#include "renderer/link/session-link.h"
#include "renderer/view/page-origin.h"

namespace sallyport::renderer {

class Page final : public QWebEnginePage {
 public:
  Page(QWebEngineProfile& profile, SessionLink& link, const PageOrigin& origin);

 private:
  bool acceptNavigationRequest(const QUrl& url, NavigationType type, bool isMainFrame) override;
  QWebEnginePage* createWindow(WebWindowType type) override;
  QStringList chooseFiles(FileSelectionMode mode,
                          const QStringList& oldFiles,
                          const QStringList& acceptedMimeTypes) override;
  // A modal dialog would stop the event loop, and with it the answer to the broker's ping.
  void javaScriptAlert(const QUrl& origin, const QString& message) override;
  bool javaScriptConfirm(const QUrl& origin, const QString& message) override;
  bool javaScriptPrompt(const QUrl& origin,
                        const QString& message,
                        const QString& defaultValue,
                        QString* result) override;
  void javaScriptConsoleMessage(JavaScriptConsoleMessageLevel level,
                                const QString& message,
                                int lineNumber,
                                const QString& source) override;

  void refuseRequests();
  void report(const char* what, const QString& detail);

  SessionLink& m_link;
  const PageOrigin& m_origin;
};

}  // namespace sallyport::renderer
