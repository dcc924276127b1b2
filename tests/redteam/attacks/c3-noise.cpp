// Real messages with bits flipped, cut short, or glued together, until the broker has enough.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C3({
    .id = "C3",
    .title = "traffic with flipped bits, cut or joined, eight windows of it",
    .safe = "each session ends, the broker is well",
    .windows = 8,
    .atMost = std::chrono::milliseconds(12000),
    .defences = {"malformed"},
    .inside =
        [](Inside& a) {
          a.attach();
          std::uint32_t state = 0x9e3779b9U * (a.window() + 1);
          const auto random = [&](std::uint32_t below) {
            state = state * 1664525U + 1013904223U;
            return (state >> 8U) % below;
          };
          for (;;) {
            auto bytes =
                wire::invoke(a.question(), 0, "cmd_list_folders", "{\"a\":[1,2,{}]}")->bytes();
            for (auto flips = 1 + random(8); flips > 0; --flips)
              bytes[random(static_cast<std::uint32_t>(bytes.size()))] ^=
                  static_cast<kj::byte>(1U << random(8));
            const auto cut = random(4) == 0 ? random(static_cast<std::uint32_t>(bytes.size()))
                                            : static_cast<std::uint32_t>(bytes.size());
            a.sendReading(bytes.slice(0, cut));
          }
        },
    .judge = [](const Outside& seen, Verdict& verdict) { verdict.endsWith(seen, {}); },
});

}  // namespace
}  // namespace sallyport::redteam
