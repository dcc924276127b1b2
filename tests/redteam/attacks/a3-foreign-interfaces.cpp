// Calls of interfaces that other processes serve, on the one object that a renderer has.
#include "proto/admin.capnp.h"
#include "proto/frame.capnp.h"
#include "proto/net.capnp.h"
#include "proto/vault.capnp.h"
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A3({
    .id = "A3",
    .title = "methods of the vault, admin, net and frame interfaces on the session object",
    .safe = "unimplemented: the session ends",
    .windows = 5,
    .defences = {"known-methods"},
    .inside =
        [](Inside& a) {
          constexpr std::uint64_t INTERFACES[] = {capnp::typeId<proto::Vault>(),
                                                  capnp::typeId<proto::Admin>(),
                                                  capnp::typeId<proto::Net>(),
                                                  capnp::typeId<proto::Frame>(),
                                                  capnp::typeId<proto::RendererControl>()};
          a.attach();
          a.send(*wire::call(a.question(), 0, 0, [&](capnp::rpc::Call::Builder call) {
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
