// What Mesa needs and the cage does not have: the description of its driver, and files in memory,
// of which this program gives it bounded ones. Runs in the renderer of the profile `gpu` only.
#pragma once

namespace sallyport::renderer {

// Before Qt loads OpenGL. Throws when the cage's scratch space takes no file.
void describeMesa();

}  // namespace sallyport::renderer
