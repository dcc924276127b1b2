// Message kinds that exist for others, are gone, or never were.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C7({
    .id = "C7",
    .title = "unknown and foreign message tags with half a megabyte each",
    .safe = "the session ends, and nothing is echoed",
    .windows = 8,
    .defences = {"forbidden-tags"},
    .inside =
        [](Inside& a) {
          constexpr std::uint16_t TAGS[] = {0, 7, 9, 10, 11, 12, 99, 65535};
          a.attach();
          auto message = wire::tagged(TAGS[a.window()]);
          const auto bytes = message->bytes();
          for (;;) a.send(bytes);
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"forbidden-tag"}); },
});

}  // namespace
}  // namespace sallyport::redteam
