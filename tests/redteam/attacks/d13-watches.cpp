// Channels and watches, as many as there are numbers.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D13({
    .id = "D13",
    .title = "ten thousand watches opened and kept",
    .safe = "16 are open, the rest is refused with a typed error",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"channels", "watches"},
    .inside =
        [](Inside& a) {
          for (std::uint64_t channel = 1; channel <= 400; ++channel) {
            const auto id = a.question();
            a.send(*wire::open(id, 0, channel, "cmd_watch_folder", "{\"path\":\"$APPDATA/open\"}"));
            bool good = false;
            a.await(id, [&](capnp::rpc::Return::Reader ret) {
              good = ret.isResults() && ret.getResults()
                                            .getContent()
                                            .getAs<proto::Session::OpenResults>()
                                            .getOutcome()
                                            .isValue();
            });
            a.send(*wire::finish(id));
            if (good) a.fact("open " + std::to_string(channel), "ok");
          }
          a.fact("done", "yes");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          std::size_t open = 0;
          for (const auto& [name, value] : seen.facts())
            open += name.compare(0, 5, "open ") == 0 ? 1 : 0;
          verdict.facts(seen, "done", {"yes"});
          verdict.expect(open > 0 && open <= 16,
                         std::to_string(open) + " of 400 watches were opened");
        },
});

}  // namespace
}  // namespace sallyport::redteam
