// The protocol's way to put calls in order, where there is nothing to order.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C11({
    .id = "C11",
    .title = "disembargoes of each kind, to objects that are no promises",
    .safe = "the session ends",
    .windows = 4,
    .defences = {"disembargo"},
    .inside =
        [](Inside& a) {
          a.attach();
          a.send(*wire::wire([&](capnp::rpc::Message::Builder message) {
            auto disembargo = message.initDisembargo();
            disembargo.initTarget().setImportedCap(0);
            auto context = disembargo.initContext();
            if (a.window() == 0) context.setSenderLoopback(1);
            if (a.window() == 1) context.setReceiverLoopback(7);
            if (a.window() == 2) context.setAccept();
            if (a.window() == 3) context.setProvide(3);
          }));
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"bad-disembargo"}); },
});

}  // namespace
}  // namespace sallyport::redteam
