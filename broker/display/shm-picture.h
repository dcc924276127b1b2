// Copies a renderer's shared-memory buffer into a picture of our own. Role frame; the buffer is
// hostile.
#pragma once

#include <QImage>

struct wl_resource;

namespace sallyport::display {

enum class CopyOutcome { COPIED, NOT_READABLE, HOSTILE };

// Never trusts the buffer's geometry: libwayland only checks that stride x height lies inside the
// pool, and a renderer may shrink the file behind the pool at any time. HOSTILE means that the
// client must be ended.
CopyOutcome copyPicture(::wl_resource* buffer, QImage& picture);

}  // namespace sallyport::display
