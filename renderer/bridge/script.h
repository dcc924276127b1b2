// The text of the script that every main-frame document gets before its own. Runs in the renderer.
#pragma once

#include <QString>

namespace sallyport::renderer {

// Qt's qwebchannel.js and bridge.js in one function, so that the page sees __SALLYPORT__ and
// nothing else of ours.
QString bridgeScript();

}  // namespace sallyport::renderer
