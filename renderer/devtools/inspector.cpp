// See inspector.h.
#include "renderer/devtools/inspector.h"

#include <QEvent>
#include <QKeySequence>
#include <QShortcut>

namespace sallyport::renderer {

Inspector::Inspector(QWebEngineView& view) : m_view(view), m_page(&m_profile), m_tools(&view) {
  m_tools.setPage(&m_page);
  m_tools.hide();
  view.installEventFilter(this);
  for (const auto& keys : {QKeySequence(Qt::Key_F12), QKeySequence("Ctrl+Shift+I")}) {
    auto* const shortcut = new QShortcut(keys, &view);
    connect(shortcut, &QShortcut::activated, this, &Inspector::toggle);
  }
}

bool Inspector::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) {
    place();
  }
  return QObject::eventFilter(watched, event);
}

void Inspector::toggle() {
  if (m_page.inspectedPage() == nullptr) {
    m_page.setInspectedPage(m_view.page());
  }
  m_tools.setVisible(m_tools.isHidden());
  place();
}

// The window has one surface, so the inspector is a part of it, and the page has the rest.
void Inspector::place() {
  const int width = m_tools.isHidden() ? 0 : m_view.width() / 2;
  m_view.setContentsMargins(0, 0, width, 0);
  m_tools.setGeometry(m_view.width() - width, 0, width, m_view.height());
}

}  // namespace sallyport::renderer
