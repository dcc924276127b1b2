// The profile of the one page: nothing on disk, no downloads but of the slices that the broker
// reads of the page's own bytes, only app:// leaves it. Runs in the renderer.
#pragma once

#include <QWebEngineProfile>

#include "renderer/bridge/bridge.h"
#include "renderer/link/session-link.h"
#include "renderer/view/asset-scheme.h"
#include "renderer/view/page-origin.h"
#include "renderer/view/request-filter.h"

namespace sallyport::renderer {

class Profile final {
 public:
  Profile(SessionLink& link, Bridge& bridge, const PageOrigin& origin);

  QWebEngineProfile& engine() { return m_profile; }

 private:
  AssetScheme m_assets;
  RequestFilter m_filter;
  QWebEngineProfile m_profile;  // without a name: off the record
};

}  // namespace sallyport::renderer
