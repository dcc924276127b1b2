// Large answers that are read and never let go.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D2({
    .id = "D2",
    .title = "answers of 256 KiB that are never finished",
    .safe = "ended at the bound, and no memory above it",
    .defences = {"open-questions", "unfinished-results", "room"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (;;)
            a.sendReading(
                wire::call(a.question(), 0, wire::ASSET, [](capnp::rpc::Call::Builder call) {
                  call.getParams().getContent().initAs<proto::Session::AssetParams>().setPath(
                      "/large.txt");
                })->bytes());
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsOrIsHeldDown(
              seen, {"unfinished-results", "too-many-questions", "throttled-too-long"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
