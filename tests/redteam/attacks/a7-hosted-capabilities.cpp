// Objects of the attacker's own as parameters, as if they were files or wallets.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A7({
    .id = "A7",
    .title = "eight objects of its own with each call, and answers from whoever calls them",
    .safe = "none is ever called",
    .kind = Attack::Kind::PEACEFUL,
    .heldBy = "session.capnp: no parameter but attach's control is an object, so no code takes one",
    .inside =
        [](Inside& a) {
          for (int round = 0; round < 8; ++round) {
            const auto id = a.question();
            a.send(*wire::call(id, 0, wire::INVOKE, [&](capnp::rpc::Call::Builder call) {
              wire::hostCapabilities(call, 100, 8);
              auto sent =
                  call.getParams().getContent().initAs<proto::Session::InvokeParams>().initCall();
              sent.setCommand("cmd_list_folders");
              sent.setArguments("{}");
            }));
            a.await(id, {});
            a.send(*wire::finish(id));
          }
          a.fact("calls to them", std::to_string(a.callsToMine()));
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.facts(seen, "calls to them", {"0"}); },
});

}  // namespace
}  // namespace sallyport::redteam
