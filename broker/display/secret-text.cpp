#include "broker/display/secret-text.h"

#include <string.h>

#include <QLineEdit>

namespace sallyport::display {

// constData() does not detach: the shared buffer itself is overwritten, hence the casts.
// NOLINTBEGIN(cppcoreguidelines-pro-type-const-cast)
void wipe(QString& text) {
  if (!text.isEmpty()) {
    explicit_bzero(const_cast<QChar*>(text.constData()),
                   static_cast<std::size_t>(text.size()) * sizeof(QChar));
  }
  text.clear();
}

void wipe(QByteArray& bytes) {
  if (!bytes.isEmpty()) {
    explicit_bzero(const_cast<char*>(bytes.constData()), static_cast<std::size_t>(bytes.size()));
  }
  bytes.clear();
}
// NOLINTEND(cppcoreguidelines-pro-type-const-cast)

SecretBytes::SecretBytes(QLineEdit& field) {
  auto text = field.text();  // shares the field's buffer
  m_bytes = text.toUtf8();
  wipe(text);
  field.setText(QString());  // also drops the undo history
}

void wipeField(QLineEdit& field) {
  auto text = field.text();
  wipe(text);
  field.setText(QString());
}

}  // namespace sallyport::display
