// app://: every request becomes Session.asset, or the bytes of an answer that the page's main frame
// was told of; no file is opened here. Runs in the renderer.
#pragma once

#include <QWebEngineUrlSchemeHandler>

#include "renderer/bridge/page-downloads.h"
#include "renderer/link/session-link.h"
#include "renderer/view/page-origin.h"

namespace sallyport::renderer {

class AssetScheme final : public QWebEngineUrlSchemeHandler {
 public:
  AssetScheme(SessionLink& link, PageDownloads& downloads, const PageOrigin& origin)
      : m_link(link), m_downloads(downloads), m_origin(origin) {}

  void requestStarted(QWebEngineUrlRequestJob* job) override;

 private:
  SessionLink& m_link;
  PageDownloads& m_downloads;
  const PageOrigin& m_origin;
};

}  // namespace sallyport::renderer
