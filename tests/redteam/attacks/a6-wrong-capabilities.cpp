// Objects that were never given, in the place of parameters.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A6({
    .id = "A6",
    .title = "capabilities that the broker never gave, of other parties, or of another kind",
    .safe = "the session ends",
    .windows = 4,
    .defences = {"known-capabilities", "attached-descriptors"},
    .inside =
        [](Inside& a) {
          a.attach();
          a.send(*wire::call(a.question(), 0, wire::INVOKE, [&](capnp::rpc::Call::Builder call) {
            auto table = call.getParams().initCapTable(1);
            if (a.window() == 0) table[0].setReceiverHosted(77);
            if (a.window() == 1) table[0].initThirdPartyHosted().setVineId(1);
            if (a.window() == 2) table[0].initReceiverAnswer().setQuestionId(4711);
            if (a.window() == 3) table[0].setAttachedFd(0);
          }));
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"unknown-capability", "unknown-question", "descriptors"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
