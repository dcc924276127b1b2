#include "broker/display/popup-placement.h"

#include <algorithm>

namespace sallyport::display {
namespace {

// One axis at a time: the rules of xdg_positioner are the same for both.
struct Axis {
  int anchorStart, anchorLength;
  int anchorSide, gravitySide;  // -1 start, 0 middle, 1 end
  int offset, length;
  bool mayFlip, maySlide, mayResize;
};

struct Span {
  int start, length;
};

int side(Qt::Edges edges, Qt::Edge start, Qt::Edge end) {
  return (edges.testFlag(end) ? 1 : 0) - (edges.testFlag(start) ? 1 : 0);
}

int startOf(const Axis& axis, int anchorSide, int gravitySide, int offset) {
  const int anchor = axis.anchorStart + (anchorSide + 1) * axis.anchorLength / 2;
  return anchor + (gravitySide - 1) * axis.length / 2 + offset;
}

bool inside(int start, int length, Span bounds) {
  return start >= bounds.start && start + length <= bounds.start + bounds.length;
}

Span place(const Axis& axis, Span bounds) {
  Span span{startOf(axis, axis.anchorSide, axis.gravitySide, axis.offset), axis.length};
  if (inside(span.start, span.length, bounds)) return span;
  if (axis.mayFlip) {
    const int flipped = startOf(axis, -axis.anchorSide, -axis.gravitySide, -axis.offset);
    if (inside(flipped, span.length, bounds)) return {flipped, span.length};
  }
  const int end = bounds.start + bounds.length;
  if (axis.maySlide || !axis.mayResize) {
    span.start = std::max(bounds.start, std::min(span.start, end - span.length));
  }
  const int cutStart = std::clamp(span.start, bounds.start, std::max(bounds.start, end - 1));
  const int cutEnd =
      std::clamp(span.start + span.length, cutStart + 1, std::max(cutStart + 1, end));
  return {cutStart, cutEnd - cutStart};
}

}  // namespace

QRect placePopup(const PopupWish& wish, const QRect& bounds) {
  const Axis horizontal{wish.anchorRect.x(),
                        wish.anchorRect.width(),
                        side(wish.anchorEdges, Qt::LeftEdge, Qt::RightEdge),
                        side(wish.gravityEdges, Qt::LeftEdge, Qt::RightEdge),
                        wish.offset.x(),
                        std::max(1, wish.size.width()),
                        wish.flip.testFlag(Qt::Horizontal),
                        wish.slide.testFlag(Qt::Horizontal),
                        wish.resize.testFlag(Qt::Horizontal)};
  const Axis vertical{wish.anchorRect.y(),
                      wish.anchorRect.height(),
                      side(wish.anchorEdges, Qt::TopEdge, Qt::BottomEdge),
                      side(wish.gravityEdges, Qt::TopEdge, Qt::BottomEdge),
                      wish.offset.y(),
                      std::max(1, wish.size.height()),
                      wish.flip.testFlag(Qt::Vertical),
                      wish.slide.testFlag(Qt::Vertical),
                      wish.resize.testFlag(Qt::Vertical)};
  const auto x = place(horizontal, {bounds.x(), bounds.width()});
  const auto y = place(vertical, {bounds.y(), bounds.height()});
  return QRect(x.start, y.start, x.length, y.length);
}

}  // namespace sallyport::display
