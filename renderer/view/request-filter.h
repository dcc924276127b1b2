// Blocks every request that is not for the app's own origin, whatever element or worker made it.
// Runs in the renderer beside the content security policy and the cage's missing sockets, and does
// not rely on either.
#pragma once

#include <QWebEngineUrlRequestInterceptor>

#include "renderer/view/page-origin.h"

namespace sallyport::renderer {

class RequestFilter final : public QWebEngineUrlRequestInterceptor {
 public:
  explicit RequestFilter(const PageOrigin& origin) : m_origin(origin) {}

  void interceptRequest(QWebEngineUrlRequestInfo& info) override;

 private:
  const PageOrigin& m_origin;
};

}  // namespace sallyport::renderer
