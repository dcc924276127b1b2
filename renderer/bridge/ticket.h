// A name that only who was told it knows: how a request for bytes, or a download of the page's own,
// is known to come from the main frame. Runs in the renderer; keeps frames of the page apart, it
// guards nothing else.
#pragma once

#include <QRandomGenerator>
#include <QString>
#include <array>

namespace sallyport::renderer {

// 128 random bits in hexadecimal.
inline QString freshTicket() {
  std::array<quint32, 4> bits{};
  QRandomGenerator::system()->fillRange(bits.data(), static_cast<qsizetype>(bits.size()));
  QString ticket;
  for (const quint32 word : bits) {
    ticket += QStringLiteral("%1").arg(word, 8, 16, QLatin1Char('0'));
  }
  return ticket;
}

}  // namespace sallyport::renderer
