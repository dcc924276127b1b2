// Large answers that nobody reads, finished blindly or not.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D3({
    .id = "D3",
    .title = "answers of 256 KiB that are never read, with and without finish",
    .safe = "ended at the bound, and no memory above it",
    .windows = 2,
    .atMost = std::chrono::milliseconds(14000),
    .defences = {"unread-time", "unread-bytes", "open-questions", "unfinished-results", "room"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (;;) {
            const auto id = a.question();
            a.send(*wire::call(id, 0, wire::ASSET, [](capnp::rpc::Call::Builder call) {
              call.getParams().getContent().initAs<proto::Session::AssetParams>().setPath(
                  "/large.txt");
            }));
            if (a.window() == 1) a.send(*wire::finish(id));
          }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(
              seen,
              {"unfinished-results", "unread-too-long", "unread-bytes", "too-many-questions"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
