// app://: every request becomes Session.asset; no file is opened here. Runs in the renderer.
#pragma once

#include <QWebEngineUrlSchemeHandler>

#include "renderer/link/session-link.h"
#include "renderer/view/page-origin.h"

namespace sallyport::renderer {

class AssetScheme final : public QWebEngineUrlSchemeHandler {
 public:
  AssetScheme(SessionLink& link, const PageOrigin& origin) : m_link(link), m_origin(origin) {}

  void requestStarted(QWebEngineUrlRequestJob* job) override;

 private:
  SessionLink& m_link;
  const PageOrigin& m_origin;
};

}  // namespace sallyport::renderer
