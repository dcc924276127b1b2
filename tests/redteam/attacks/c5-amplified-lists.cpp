// Lists of elements that need no bytes: a small message that would be read for long.
#include <cstring>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C5({
    .id = "C5",
    .title = "lists of 2^29 elements of no size, as names, calls and numbers",
    .safe = "refused unread, in no time",
    .windows = 4,
    .defences = {"malformed"},
    .inside =
        [](Inside& a) {
          constexpr std::uint64_t VOIDS =
              0xfffffff8ULL << 32U | 1U;  // 2^29 - 1 elements of no size
          constexpr std::uint16_t METHODS[] = {
              wire::LISTEN, wire::INVOKE_MANY, wire::CANCEL, wire::CLOSE};
          a.attach();
          for (int round = 0; round < 2000; ++round) {
            a.sendReading(
                wire::call(a.question(),
                           0,
                           METHODS[a.window()],
                           [&](capnp::rpc::Call::Builder call) {
                             auto params = call.getParams().getContent().initAsAnyStruct(1, 1);
                             std::memcpy(params.getDataSection().end(), &VOIDS, sizeof VOIDS);
                           })
                    ->bytes());
          }
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"malformed", "batch-size"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
