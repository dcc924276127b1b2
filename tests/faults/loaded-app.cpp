#include "tests/faults/loaded-app.h"

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/broker-process.h"

namespace sallyport::faults {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* PASSPHRASE = "a passphrase for the faults";

void writeFile(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(path.string());
}

// Every window writes a file and reads it again, and saves its state; the honest one also keeps a
// number in the store and asks the server. A number that was answered for is never lost, and a file
// is whole.
constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const label = bridge.window;
  const honest = label === "honest";
  const say = (name, value) => console.log(`@${name} ${JSON.stringify(value)}`);
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const tally = { made: 0, answered: 0, refused: 0, twice: 0, wrong: 0, kept: 0, fetched: 0, codes: {} };
  const open = new Map();
  let last = 0;
  const settled = (id) => {
    if (!open.delete(id)) tally.twice++;
  };
  const ask = (command, args) => {
    const id = ++last;
    tally.made++;
    open.set(id, performance.now());
    return bridge.invoke(command, JSON.stringify(args)).then(
      (text) => {
        settled(id);
        tally.answered++;
        return { value: JSON.parse(text) };
      },
      (error) => {
        settled(id);
        tally.refused++;
        tally.codes[error.code] = (tally.codes[error.code] ?? 0) + 1;
        return { error };
      },
    );
  };
  const path = `$APPDATA/${label}.txt`;
  const content = (number) => `${number} `.repeat(4000);
  const files = async (number) => {
    const written = await ask("cmd_write_text_file", { path, text: content(number) });
    const read = await ask("cmd_read_text_file", { path });
    if (read.value === undefined) return false;
    const found = Number(read.value.split(" ", 1)[0]);
    if (read.value !== content(found) || (written.value !== undefined && found !== number)) tally.wrong++;
    return written.value !== undefined;
  };
  const state = async (number) => (await ask("cmd_save_state", { state: String(number) })).error === undefined;
  let asking = false; // a lock would take the question back, which counts as the user's no
  const unlock = async () => {
    asking = true;
    const opened = await ask("cmd_unlock_wallet", { ttl: 3600 });
    if (opened.error) say("unlock", opened.error);
    if (opened.error?.code === "not-found") await ask("cmd_set_passphrase", {});
    asking = false;
    if (opened.error) await pause(200);
  };
  let away = false; // the last write into the store was refused
  const keep = async (number) => {
    const set = await ask("cmd_set_stored", { key: "number", value: String(number) });
    if (!set.error && away) say("again", number);
    away = Boolean(set.error);
    if (set.error) {
      if (set.error.code === "locked") await unlock();
      return;
    }
    tally.kept = number;
    const got = await ask("cmd_get_stored", { key: "number" });
    if (got.value !== undefined && Number(got.value.value) !== number) tally.wrong++;
  };
  const every = async (milliseconds, work) => {
    for (let number = 1; ; number++) {
      await work(number);
      await pause(milliseconds);
    }
  };

  // A file of an earlier page is whole, whenever that page ended.
  const before = await ask("cmd_read_text_file", { path });
  if (before.value !== undefined && before.value !== content(before.value.split(" ", 1)[0])) say("torn", path);
  while (!(await files(0)) || !(await state(0))) await pause(50);
  say(`up-${label}`, 0);
  every(20, files);
  every(20, state);
  if (!honest) return;

  let found = await ask("cmd_get_stored", { key: "number" });
  while (found.error) {
    await unlock();
    await pause(100);
    found = await ask("cmd_get_stored", { key: "number" });
  }
  const first = Number(found.value.value ?? 0);
  if (first === 0) {
    // Opened for longer than it is by the passphrase's first setting.
    await ask("cmd_unlock_wallet", { ttl: 0 });
    await unlock();
  }
  say("found", first);
  every(20, (number) => keep(first + number));
  every(50, async () => {
    if ((await ask("cmd_fetch_url", { url: SERVER })).value) tally.fetched++;
  });
  if (LOCKS) every(400, async () => asking || ask("cmd_unlock_wallet", { ttl: 0 }));
  every(2000, async () => {
    const oldest = Math.max(0, ...[...open.values()].map((since) => performance.now() - since));
    say("tally", { ...tally, oldest });
  });
})();
)js";

std::string behind(const std::string& line, const std::string& mark) {
  const auto at = line.find(mark);
  return at == std::string::npos ? std::string() : line.substr(at + mark.size());
}

Tally tallyFrom(const json::object& row) {
  const auto number = [&](const char* name) { return row.at(name).to_number<std::int64_t>(); };
  Tally tally{number("made"),
              number("answered"),
              number("refused"),
              number("twice"),
              number("wrong"),
              number("kept"),
              number("fetched"),
              row.at("oldest").to_number<double>(),
              {}};
  for (const auto& [code, count] : row.at("codes").as_object())
    tally.codes[code] = count.to_number<std::int64_t>();
  return tally;
}

}  // namespace

std::string victimLabel(unsigned index) { return "victim-" + std::to_string(index); }

void giveApp(test::BrokerProcess& broker, unsigned victims, const std::string& server) {
  const auto app = broker.folder() / "app";
  json::array windows, labels;
  const auto add = [&](const std::string& label) {
    windows.push_back({{"label", label}, {"title", label}, {"width", 320}, {"height", 240}});
    labels.push_back(json::string(label));
  };
  add(HONEST);
  for (unsigned i = 0; i < victims; ++i) add(victimLabel(i));
  writeFile(app / "app.json",
            json::serialize(
                json::object{{"identifier", "faults"},
                             {"title", "Faults"},
                             {"windows", windows},
                             {"contentSecurityPolicy", "default-src 'none'; script-src 'self'"}}));
  writeFile(app / "web/index.html",
            "<!doctype html><html><head><title>Faults</title></head></html>");
  const auto scoped = [](const char* set, json::array allow) {
    return json::object{{"identifier", set}, {"allow", std::move(allow)}};
  };
  json::array permissions{"core:default",
                          "path:default",
                          "store:default",
                          "fs:default",
                          "wallet:allow-unlock-wallet",
                          "wallet:allow-set-passphrase"};
  permissions.push_back(scoped("fs:read", {"$APPDATA/**"}));
  permissions.push_back(scoped("fs:write", {"$APPDATA/**"}));
  permissions.push_back(scoped("http:default", {json::string(server)}));
  writeFile(app / "capabilities/all.json",
            json::serialize(json::object{{"identifier", "all"},
                                         {"description", "What the pages need to be busy"},
                                         {"windows", labels},
                                         {"permissions", permissions}}));
  broker.setApp(app);
}

std::string pageScript(const std::string& server, Locking locking) {
  return "const SERVER = " + json::serialize(json::string(server + "/blocks/tip/height")) +
         ";\nconst LOCKS = " + (locking == Locking::OFTEN ? "true" : "false") + ";\n" + SCRIPT;
}

// Each prompt that is started reads it from its start.
std::string promptScript() {
  const std::string end = std::string(R"(","repeat":true})") + "\n";
  return R"({"expect":"choosePassphrase","answer":")" + (PASSPHRASE + end) +
         R"({"expect":"askPassphrase","answer":")" + (PASSPHRASE + end);
}

void Watched::read() {
  for (const auto& line : m_broker.linesFrom(m_next)) {
    if (line.find(" error broker: ") != std::string::npos ||
        line.find(": incident ") != std::string::npos || line.find(": @torn ") != std::string::npos)
      m_incidents.push_back(line);
    const auto from = behind(line, " info page ");
    if (const auto window = behind(from, "@up-"); !window.empty())
      ++m_ups[window.substr(0, window.find(' '))];
    if (!behind(from, "@again ").empty()) ++m_agains;
    if (const auto number = behind(from, "@found "); !number.empty()) m_found = std::stoll(number);
    if (const auto text = behind(from, "@tally "); !text.empty()) {
      m_tally = tallyFrom(json::parse(text).as_object());
      ++m_tallies;
    }
  }
}

bool Watched::until(const std::function<bool()>& holds) {
  return test::eventually(
      [&] {
        read();
        return holds();
      },
      test::Milliseconds(60'000));
}

unsigned Watched::ups(const std::string& window) const {
  const auto found = m_ups.find(window);
  return found == m_ups.end() ? 0 : found->second;
}

}  // namespace sallyport::faults
