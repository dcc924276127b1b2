// Makes namespaces and mounts: what a cage is built of, and what most holes of the kernel are
// reached through. Where a policy includes this header, look why.
#pragma once

#include <array>
#include <string_view>

namespace sallyport::sandbox::tokens {

struct MakeCages {
  static constexpr std::string_view NAME = "make-cages";
  static constexpr std::array<std::string_view, 8> CALLS{
      "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "sethostname"};
};

}  // namespace sallyport::sandbox::tokens
