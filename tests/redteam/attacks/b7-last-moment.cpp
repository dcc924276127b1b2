// Calls at the moment of leaving: behind the navigation to another origin, in the same write.
#include <kj/vector.h>

#include <filesystem>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

constexpr const char* WRITES = "{\"path\":\"$APPDATA/open/late.txt\",\"text\":\"x\"}";

const Registered B7({
    .id = "B7",
    .title = "calls with the app's rights while the window goes to a remote origin",
    .safe = "the rights end before what comes behind the navigation is read",
    .atMost = std::chrono::milliseconds(5000),
    .defences = {"rights-first"},
    .inside =
        [](Inside& a) {
          a.attach();
          const auto before = a.invoke("cmd_list_folders", "{}");
          a.fact("before", before.ok ? "ok" : before.text);
          a.flush();
          kj::Vector<kj::byte> last;
          last.addAll(
              wire::call(a.question(), 0, wire::NAVIGATE, [](capnp::rpc::Call::Builder call) {
                call.getParams().getContent().initAs<proto::Session::NavigateParams>().setUrl(
                    "https://redteam.invalid/");
              })->bytes());
          for (int i = 0; i < 64; ++i)
            last.addAll(wire::invoke(a.question(), 0, "cmd_write_text_file", WRITES)->bytes());
          a.send(last.asPtr());
          a.untilHungUp(std::chrono::seconds(4), true);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "before", {"ok"});
          verdict.expect(seen.saw("window hostile-0 goes from origin app to elsewhere"),
                         "the window goes to the remote origin");
          verdict.endsWith(seen, {"revoked"});
          verdict.expect(!std::filesystem::exists(seen.ground().open() / "late.txt"),
                         "none of the 64 calls behind it is run");
        },
});

}  // namespace
}  // namespace sallyport::redteam
