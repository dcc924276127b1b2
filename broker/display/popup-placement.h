// Where a popup (menu, select list, tooltip) is drawn. Pure geometry; role frame.
// A popup never leaves the host window: what a page draws stays inside the frame the user knows it
// by.
#pragma once

#include <QPoint>
#include <QRect>
#include <QSize>
#include <Qt>

namespace sallyport::display {

// The xdg_positioner's state, in the parent's window coordinates.
struct PopupWish {
  QRect anchorRect;
  Qt::Edges anchorEdges;
  Qt::Edges gravityEdges;
  Qt::Orientations flip;
  Qt::Orientations slide;
  Qt::Orientations resize;
  QPoint offset;
  QSize size;
};

// bounds: the host window's area in the same coordinates. Follows xdg-shell: flip, then slide, then
// resize, each where the client allowed it; after that the rectangle is cut into the bounds
// whatever the client allowed.
QRect placePopup(const PopupWish& wish, const QRect& bounds);

}  // namespace sallyport::display
