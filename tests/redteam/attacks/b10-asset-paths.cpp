// Paths out of the list of the app's files, by the raw method and not by a page.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered B10({
    .id = "B10",
    .title = "asset paths with dots, escapes, backslashes, NUL, doubled slashes, 512 bytes",
    .safe = "not found, nothing is read",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"asset-list"},
    .inside =
        [](Inside& a) {
          for (const std::string path : {"/../app.json",
                                         "/..%2fapp.json",
                                         "/%2e%2e/app.json",
                                         "//etc/passwd",
                                         "/etc/passwd",
                                         "\\\\etc\\passwd",
                                         "/index.html/",
                                         "/index.html/../index.html",
                                         "/INDEX.HTML",
                                         "/./index.html",
                                         "index.html",
                                         "",
                                         "/proc/self/environ",
                                         "/capabilities/hostile.json"})
            a.fact("path " + path, a.asset(path).text);
          a.fact("NUL", a.asset(std::string("/index.html\0.txt", 16)).text);
          a.fact("long", a.asset("/" + std::string(510, 'a')).text);
          a.fact("its own", a.asset("/index.html").ok ? "ok" : "none");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "path ", {"not-found"});
          verdict.facts(seen, "NUL", {"not-found", "refused"});
          verdict.facts(seen, "long", {"not-found"});
          verdict.facts(seen, "its own", {"ok"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
