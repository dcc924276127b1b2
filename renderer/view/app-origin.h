// The one origin of this window, app://<app>, and which URLs are inside it. Runs in the renderer;
// the broker's list of files is the authority, this keeps the page from asking elsewhere.
#pragma once

#include <QString>
#include <QUrl>

namespace sallyport::renderer {

class AppOrigin {
 public:
  // Empty until the broker has said which app this is: then nothing is inside.
  void set(const QUrl& start);

  // app://<app>/…, without user, password or port.
  bool contains(const QUrl& url) const;

 private:
  QString m_host;
};

}  // namespace sallyport::renderer
