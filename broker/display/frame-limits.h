// What one renderer may cost its frame. Past a bound the Wayland client is ended and the broker
// hears rendererGone. The numbers are far above what Qt WebEngine uses (a page with two open menus:
// about 120 objects, 5 surfaces).
#pragma once

namespace sallyport::display {

constexpr int MAX_SURFACES = 48;
constexpr int MAX_POPUPS = 8;     // alive at once, dismissed ones included
constexpr int MAX_TOPLEVELS = 4;  // the first is shown, others are asked to close
constexpr int MAX_LIVE_OBJECTS =
    4096;  // every protocol object: surfaces, buffers, regions, callbacks, …
constexpr int OBJECT_CENSUS_INTERVAL = 256;    // objects made between two counts of the living
constexpr int MAX_BUFFER_SIDE = 16384;         // pixels
constexpr long MAX_BUFFER_PIXELS = 1L << 25;   // 128 MiB of picture, an 8K screen
constexpr int MAX_CURSOR_SIDE = 128;           // pixels; a bigger one is replaced by the arrow
constexpr int HIDDEN_FRAME_INTERVAL_MS = 250;  // how often a window that nobody sees is drawn

}  // namespace sallyport::display
