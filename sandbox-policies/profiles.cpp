#include "sandbox-policies/profiles.h"

#include <algorithm>

namespace sallyport::sandbox {

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> all{
      {STRICT, "sallyport-renderer", "nothing"},
#ifdef SALLYPORT_TESTING
      {"gpu", "sallyport-renderer-gpu", "WebGL and OpenGL by Mesa, in software"},
      {"devtools", "sallyport-renderer-devtools", "the engine's inspector, by F12 in the window"},
#endif
  };
  return all;
}

const Profile* findProfile(std::string_view name) {
  const auto& all = profiles();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Profile& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace sallyport::sandbox
