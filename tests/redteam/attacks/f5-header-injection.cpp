// Lines of its own in the requests that net sends for a page.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered F5({
    .id = "F5",
    .title = "CR, LF, NUL and names of the connection in address, headers and method",
    .safe = "refused before anything is sent",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"request-rules"},
    .inside =
        [](Inside& a) {
          const auto tried = [&](const std::string& what, const std::string& arguments) {
            const auto answer = a.invoke("cmd_fetch_url", arguments);
            a.fact("request " + what, answer.ok ? "ok" : answer.text);
          };
          for (const std::string bad : {"\\r\\nX: y", "\\n", "\\r", "\\u0000"}) {
            tried("url " + bad, "{\"url\":\"https://redteam.invalid/a" + bad + "\"}");
            tried(
                "value " + bad,
                "{\"url\":\"https://redteam.invalid/\",\"headers\":[{\"name\":\"x\",\"value\":\"a" +
                    bad + "\"}]}");
            tried("name " + bad,
                  "{\"url\":\"https://redteam.invalid/\",\"headers\":[{\"name\":\"x" + bad +
                      "\",\"value\":\"a\"}]}");
          }
          for (const std::string name :
               {"Host", "Cookie", "Content-Length", "Connection", "x:y", ""})
            tried("header " + name,
                  "{\"url\":\"https://redteam.invalid/\",\"headers\":[{\"name\":\"" + name +
                      "\",\"value\":\"a\"}]}");
          tried("method",
                "{\"url\":\"https://redteam.invalid/\",\"method\":\"GET / HTTP/1.1\\r\\n\"}");
          tried("other host", "{\"url\":\"https://redteam.invalid@evil.invalid/\"}");
          tried("this machine", "{\"url\":\"http://127.0.0.1/\"}");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "request ", {"invalid-argument", "denied"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
