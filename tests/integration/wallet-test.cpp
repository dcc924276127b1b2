// A wallet's whole life over the page's calls, with real vault, prompt and net, each killed on the
// way: nothing is lost, and nothing secret is anywhere but in the vault and in front of the user.
#include <doctest/doctest.h>
#include <signal.h>

#include <sstream>

#include "tests/devnet/devnet.h"
#include "tests/support/broker-process.h"
#include "tests/support/canary.h"
#include "tests/support/terminal.h"

namespace sallyport::test {
namespace {

namespace json = boost::json;

const std::string PASSPHRASE = "canary passphrase 7b1f90c2d4";
// BIP39's own test vector; nobody has coins there.
const std::string KNOWN_WORDS =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";

// The first prompt leaves one question open; a later one reads this from its start and answers.
const std::string PROMPT = R"({"expect":"choosePassphrase","answer":")" + PASSPHRASE + R"("}
{"expect":"showSeed","answer":"accepted"}
{"expect":"askWords","answer":"remembered"}
{"expect":"askPassphrase","answer":"none"}
{"expect":"askPassphrase","answer":")" +
                           PASSPHRASE + R"(","repeat":true}
)";

constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const open = async () => {
    for (;;) {
      const answer = await call("cmd_unlock_wallet", { ttl: 3600 });
      page("unlock", answer.value === true ? "open" : answer.error.code);
      if (answer.value === true) return;
      await pause(400);
    }
  };
  const addresses = async () => {
    const answer = await call("cmd_get_addresses");
    page("addresses", (answer.value ?? []).map((row) => row.address));
  };
  let list = await call("cmd_list_wallets");
  if (list.error) {
    page("start", list.error.code);
    await open();
    list = await call("cmd_list_wallets");
  }
  let [id] = list.value;
  if (id === undefined) {
    const wanted = { name: "Savings", network: "regtest", scriptType: "p2wpkh", words: 12 };
    const made = await call("cmd_create_wallet", wanted);
    page("created", made);
    id = made.value;
    page("address", (await call("cmd_generate_address")).value.address);
    page("locked", await call("cmd_unlock_wallet", { ttl: 0 }));
    await open();
  }
  await call("cmd_select_wallet", { id });
  await addresses();
  let last = "";
  for (;;) {
    const { value, error } = await call("cmd_get_wallet_info");
    const seen = JSON.stringify(error ? error.code : [value.locked, value.height]);
    if (seen !== last) console.log(`@info ${seen}`);
    last = seen;
    if (value && value.locked) {
      page("noticed");
      await open();
      await addresses();
    }
    await pause(200);
  }
})();
)js";

std::string untilOpen(BrokerProcess& broker) {
  std::string before;
  for (;;) {
    const auto answer = broker.waitForPage("unlock");
    if (answer == "\"open\"") return before;
    before = answer;
  }
}

std::int64_t heightAbove(BrokerProcess& broker, std::int64_t height) {
  for (;;) {
    const auto info = json::parse(broker.waitForPage("info"));
    if (!info.is_array()) continue;
    const auto seen = info.at(1).to_number<std::int64_t>();
    if (seen > height) return seen;
  }
}

// The words that `wallet seed show` printed: "  7. word".
std::vector<std::string> wordsIn(const std::string& output) {
  std::vector<std::string> words;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::string number, word;
    if (!(parts >> number >> word)) continue;
    if (number == std::to_string(words.size() + 1) + ".") words.push_back(word);
  }
  return words;
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What a person with pencil and paper does at the terminal.
std::optional<std::string> answerTerminal(const std::string& output) {
  const auto question = output.substr(output.rfind('\n') + 1);
  if (endsWith(output, "Passphrase: ")) return PASSPHRASE;
  if (endsWith(output, "Seed: ")) return KNOWN_WORDS;
  if (output.find("when they are written down") != std::string::npos &&
      question.find("Word") == std::string::npos)
    return "";
  const auto at = question.rfind("Word ");
  if (at == std::string::npos || !endsWith(question, ": ")) return std::nullopt;
  return wordsIn(output).at(static_cast<std::size_t>(std::stoi(question.substr(at + 5))) - 1);
}

Conversation atTerminal(const BrokerProcess& broker, std::vector<std::string> arguments) {
  std::vector<std::string> command{binary("sallyport"), "--runtime", broker.runtime()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return converse(command, &answerTerminal);
}

std::vector<pid_t> wholeTree(const BrokerProcess& broker) {
  auto all = descendantsOf(broker.pid());
  all.push_back(broker.pid());
  return all;
}

void checkNoCanary(const BrokerProcess& broker, const Canaries& canaries) {
  auto found = canaries.inFiles(broker.folder(), {"prompt.jsonl"});
  for (const auto& name : canaries.in(broker.journal())) found.push_back(name + " in the journal");
  for (auto& one : canaries.inProcesses(wholeTree(broker))) found.push_back(std::move(one));
  for (const auto& one : found) FAIL_CHECK(one);
}

// In none but vault and prompt, which must have it to work with it.
void checkMemories(const BrokerProcess& broker, const Canaries& canaries) {
  const auto vault = broker.pidOf("vault"), prompt = broker.pidOf("prompt");
  bool mayLook = false;  // the prompt has read its script, so this must find something
  const auto there = canaries.inMemory(prompt, mayLook);
  CHECK(there.empty() != mayLook);
  for (const pid_t pid : wholeTree(broker)) {
    if (pid == vault || pid == prompt || commandName(pid) == "Xvfb") continue;
    bool readable = false;
    for (const auto& one : canaries.inMemory(pid, readable)) FAIL_CHECK(one);
    if (!readable) MESSAGE("skipped: only root may read the memory of " << commandName(pid));
  }
}

}  // namespace

TEST_CASE("the search finds what it is to find") {
  Canaries canaries;
  canaries.addText("passphrase", PASSPHRASE);
  canaries.addMnemonic("seed", KNOWN_WORDS);
  CHECK(canaries.in("x" + PASSPHRASE).size() >= 1);
  CHECK(canaries.in("\"sausage\",\"worth\",\"useful\"").size() == 1);
  CHECK(canaries.in("6. sausage\n 7. worth\n 8. useful").size() == 1);
  CHECK(canaries.in("sausage worth").empty());
  CHECK(canaries.in("useful worth sausage").empty());
  // BIP39's vector: its entropy is 7f repeated.
  CHECK(canaries.in("<7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f>").size() == 1);
  CHECK(canaries.in("7f7f7f7f7f7f").empty());
}

TEST_CASE("vault, prompt, net and broker are killed on the way, and nothing is lost or seen") {
  const devnet::DevnetProcess node({"--mine-every", "1"});
  Canaries canaries;
  canaries.addText("passphrase", PASSPHRASE);
  BrokerProcess broker(
      {.pageScript = SCRIPT, .promptScript = PROMPT, .more = {"--esplora", node.url()}});

  const auto created = json::parse(broker.waitForPage("created"));
  REQUIRE(created.at("value").is_string());
  const std::string wallet(created.at("value").as_string());
  const auto address = broker.waitForPage("address");
  CHECK(address.rfind("\"bcrt1q", 0) == 0);
  CHECK(broker.waitForPage("locked") == R"({"value":false})");
  checkNoCanary(broker, canaries);

  // The prompt, with its question open: the answer is an honest no, and a new one is there.
  broker.waitFor("prompt-script: answering askPassphrase");
  const auto prompt = broker.pidOf("prompt");
  const auto vault = broker.pidOf("vault");
  kill(prompt, SIGKILL);
  const auto answer = untilOpen(broker);
  CHECK((answer == "\"unavailable\"" || answer == "\"declined\""));
  CHECK(broker.pidOf("prompt") != prompt);
  CHECK(broker.pidOf("vault") == vault);
  const std::string mine = "[" + address + "]";
  CHECK(broker.waitForPage("addresses") == mine);

  // Net, at work: the next round is made by another one.
  auto height = heightAbove(broker, 0);
  const auto net = broker.pidOf("net");
  kill(net, SIGKILL);
  broker.waitForOther("net", net);
  height = heightAbove(broker, height + 1);
  CHECK(height > 1);

  // The vault: it comes back locked, with all that it had.
  kill(vault, SIGKILL);
  broker.waitForPage("noticed");
  untilOpen(broker);
  CHECK(broker.waitForPage("addresses") == mine);
  CHECK(broker.restartsOf("vault") == 1);
  CHECK(broker.restartsOf("frame main") == 0);
  CHECK(broker.restartsOf("renderer main") == 0);

  // A person at a terminal reads the new seed and types a known one.
  const auto shown = atTerminal(broker, {"wallet", "seed", "show", wallet});
  CHECK(shown.code == 0);
  const auto words = wordsIn(shown.output);
  REQUIRE(words.size() == 12);
  std::string made;
  for (const auto& word : words) made += (made.empty() ? "" : " ") + word;
  canaries.addMnemonic("the new seed", made);
  canaries.addMnemonic("the known seed", KNOWN_WORDS);
  const auto restored = atTerminal(broker, {"wallet", "seed", "restore", "Known"});
  CHECK(restored.code == 0);
  CHECK(restored.output.find("Restored as ") != std::string::npos);
  CHECK(canaries.in(restored.output).empty());  // what is typed is not shown
  const auto listed = broker.cli({"wallet", "list"});
  CHECK(listed.output.find("Savings") != std::string::npos);
  CHECK(listed.output.find("Known") != std::string::npos);
  checkNoCanary(broker, canaries);
  checkMemories(broker, canaries);

  // The broker itself, without a chance to put anything in order.
  broker.signal(SIGKILL);
  CHECK(broker.waitForEnd() == 128 + SIGKILL);
  CHECK(broker.leftovers(Milliseconds(5'000), node.pid()).empty());
  checkNoCanary(broker, canaries);
  broker.start();
  CHECK(broker.waitForPage("start") == "\"locked\"");
  untilOpen(broker);
  CHECK(broker.waitForPage("addresses") == mine);
  CHECK(broker.end() == 0);
  checkNoCanary(broker, canaries);
}

}  // namespace sallyport::test
