// Pointers that lead to themselves, and structs in structs beyond the depth that is read.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C4({
    .id = "C4",
    .title = "a pointer to itself as the message, as parameters, and as a command; a pointer out "
             "of the segment",
    .safe = "malformed, without a stack that grows",
    .windows = 3,
    .defences = {"malformed", "forbidden-tags"},
    .inside =
        [](Inside& a) {
          constexpr std::uint64_t SELF =
              0x00010000fffffffc;  // a struct of one pointer, one word back
          constexpr std::uint64_t OUTSIDE = 0x0001000040000000;  // one far beyond the segment
          a.attach();
          if (a.window() == 0) {
            const std::uint64_t message[] = {0x0000000100000000, SELF};
            a.send(message, sizeof message);
          } else {
            auto call = wire::invoke(a.question(), 0, "cmd_list_folders", "{}");
            auto bytes = call->bytes();
            // The pointer to the command's text is the first list of bytes with 17 elements.
            auto* words = reinterpret_cast<std::uint64_t*>(bytes.begin());
            for (std::size_t i = 0; i < bytes.size() / 8; ++i)
              if (words[i] >> 32U == (17U << 3U | 2U)) words[i] = a.window() == 1 ? SELF : OUTSIDE;
            a.send(bytes);
          }
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"malformed", "forbidden-tag"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
