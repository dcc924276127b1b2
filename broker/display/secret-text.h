// Typed secrets on their way out of a widget, as far as Qt lets one wipe them (README.md says what
// stays). Role prompt.
#pragma once

#include <QByteArray>
#include <QString>

class QLineEdit;

namespace sallyport::display {

// Overwrites the characters where they are, also for everybody who shares this string's buffer.
void wipe(QString& text);
void wipe(QByteArray& bytes);

// UTF-8 that is wiped at the end of its life. Move-only.
class SecretBytes {
 public:
  SecretBytes() = default;
  // Takes the field's text; the field is empty afterwards.
  explicit SecretBytes(QLineEdit& field);
  ~SecretBytes() { wipe(m_bytes); }
  SecretBytes(SecretBytes&& other) noexcept { m_bytes.swap(other.m_bytes); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    m_bytes.swap(other.m_bytes);
    return *this;
  }
  const QByteArray& bytes() const { return m_bytes; }

 private:
  QByteArray m_bytes;
};

void wipeField(QLineEdit& field);

}  // namespace sallyport::display
