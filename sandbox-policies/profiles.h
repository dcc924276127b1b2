// Named profiles of renderers: what a window has beyond the strict one, which everybody uses. Each
// is a program in the same cage, so what it adds is not in the strict one's at all. Runs in spawner
// and broker; a release build knows `strict` alone.
#pragma once

#include <string_view>
#include <vector>

namespace sallyport::sandbox {

struct Profile {
  std::string_view name;
  std::string_view program;  // beside the broker's
  std::string_view adds;     // for people, who read it in doctor
};

constexpr std::string_view STRICT = "strict";

// The strict one first.
const std::vector<Profile>& profiles();
// Null: there is none of this name in this build.
const Profile* findProfile(std::string_view name);

}  // namespace sallyport::sandbox
