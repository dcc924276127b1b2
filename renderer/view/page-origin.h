// The one origin class of this window, and which URLs are inside it: app://<app>, or the hosts of a
// remote one. Runs in the renderer; the broker's list of files and its look at each connection are
// the authority, this keeps the page from asking elsewhere.
#pragma once

#include <QString>
#include <QUrl>
#include <vector>

#include "renderer/link/types.h"

namespace sallyport::renderer {

class PageOrigin {
 public:
  // Empty until the broker has said what this window shows: then nothing is inside.
  void set(const Start& start);

  bool isRemote() const { return !m_hosts.empty(); }
  // app://<app>/…, without user, password or port; or https://… of a host of the remote class.
  bool contains(const QUrl& url) const;
  // What a page of this class may ask for beside that: a remote one its hosts by wss too.
  bool maySocket(const QUrl& url) const;

 private:
  bool hasHost(const QUrl& url) const;

  QString m_app;
  std::vector<RemoteHost> m_hosts;
};

}  // namespace sallyport::renderer
