// How a trusted prompt looks: colours for a light and a dark palette, and the few texts that all
// prompts share.
#pragma once

#include <QColor>
#include <QString>

class QPalette;

namespace sallyport::display {

struct Look {
  bool dark;
  QColor bannerStart, bannerEnd, bannerText;
  QColor surface, card, border;
  QColor text, quiet;
  QColor accent, accentText, accentPressed;
  QColor warning, warningSurface;
  QColor good;
  QString styleSheet() const;
};

Look lookFor(const QPalette& palette);

}  // namespace sallyport::display
