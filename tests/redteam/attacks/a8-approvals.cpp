// The interfaces of the prompt, where a user would say yes.
#include "proto/chooser.capnp.h"
#include "proto/prompt-control.capnp.h"
#include "proto/prompt.capnp.h"
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A8({
    .id = "A8",
    .title = "methods of the prompt, the chooser and their control",
    .safe = "they are on other connections: the session ends",
    .windows = 3,
    .defences = {"known-methods"},
    .inside =
        [](Inside& a) {
          constexpr std::uint64_t INTERFACES[] = {capnp::typeId<proto::Prompt>(),
                                                  capnp::typeId<proto::PromptControl>(),
                                                  capnp::typeId<proto::Chooser>()};
          a.attach();
          a.send(*wire::call(a.question(), 0, 1, [&](capnp::rpc::Call::Builder call) {
            call.setInterfaceId(INTERFACES[a.window()]);
          }));
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"unknown-method"});
          verdict.healthy(seen);
        },
});

}  // namespace
}  // namespace sallyport::redteam
