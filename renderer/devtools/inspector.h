// The engine's inspector, docked in the page's window: F12 or Ctrl+Shift+I opens and closes it. In
// the renderer program of the profile `devtools` only, which a release build does not have. It is
// in the same process and cage, and no port is opened.
#pragma once

#include <QObject>
#include <QWebEnginePage>
#include <QWebEngineProfile>
#include <QWebEngineView>

namespace sallyport::renderer {

class Inspector final : public QObject {
 public:
  // view: the page's; must outlive this.
  explicit Inspector(QWebEngineView& view);

 private:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void toggle();
  void place();

  QWebEngineView& m_view;
  // Of its own, off the record: the page's filter of requests stays as it is, and nothing of the
  // page's bridge is in the inspector.
  QWebEngineProfile m_profile;
  QWebEnginePage m_page;
  QWebEngineView m_tools;
};

}  // namespace sallyport::renderer
