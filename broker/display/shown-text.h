// Text of others (window titles, wallet names, addresses) made safe to draw beside our own.
// Used by both roles; pure, no widget.
#pragma once

#include <QString>

namespace sallyport::display {

// Replaces what could hide or reorder text (control and format characters, line ends, unpaired
// surrogates, private use) by U+FFFD, collapses runs of white space and cuts at maxCharacters with
// an ellipsis.
QString shownText(const QString& foreign, int maxCharacters);

// The host window's title: the page's own words, then always the window's label.
QString frameTitle(const QString& title, const QString& label);

}  // namespace sallyport::display
