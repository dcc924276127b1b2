// Names that look alike: composed and not, other letters, other case, other directions.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E6({
    .id = "E6",
    .title = "NFC and NFD, case, a bidirectional override, a fullwidth letter",
    .safe = "bytes are compared: none of them is the file",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"names-by-bytes"},
    .prepare =
        [](const Ground& ground) {
          std::ofstream(ground.open() / "caf\xc3\xa9.txt") << "composed";
        },
    .inside =
        [](Inside& a) {
          for (const char* name : {"cafe\\u0301.txt",
                                   "CAF\\u00c9.txt",
                                   "caf\\u00e9.TXT",
                                   "\\u202ecaf\\u00e9.txt",
                                   "\\uff43af\\u00e9.txt",
                                   "caf\\u00e9.txt\\u200b"}) {
            const auto answer = a.invoke("cmd_read_text_file",
                                         std::string("{\"path\":\"$APPDATA/open/") + name + "\"}");
            a.fact(std::string("alike ") + name, answer.ok ? "ok" : answer.text);
          }
          const auto own =
              a.invoke("cmd_read_text_file", "{\"path\":\"$APPDATA/open/caf\\u00e9.txt\"}");
          a.fact("itself", own.ok ? "ok" : own.text);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "alike ", {"not-found", "invalid-argument", "denied"});
          verdict.facts(seen, "itself", {"ok"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
