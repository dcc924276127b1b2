#include "broker/cli/terminal-prompt.h"

#include <algorithm>
#include <string>
#include <vector>

#include "broker/cli/terminal.h"

namespace sallyport::cli {
namespace {

std::string_view view(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

void answer(proto::Secret::Builder out, std::optional<std::string> typed) {
  if (!typed) {
    out.setDeclined();
    return;
  }
  std::string& text = *typed;
  out.setText(kj::arrayPtr(text.data(), text.size()).asBytes());
  wipe(text);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t start = text.find_first_not_of(' '); start != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    words.emplace_back(text.substr(start, end - start));
    start = text.find_first_not_of(' ', end);
  }
  return words;
}

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

void answer(proto::Words::Builder out, std::vector<std::string>& words) {
  auto list = out.initWords(static_cast<unsigned>(words.size()));
  for (unsigned i = 0; i < words.size(); ++i) {
    list.set(i, words[i].c_str());
    wipe(words[i]);
  }
}

}  // namespace

kj::Promise<void> TerminalPrompt::askPassphrase(AskPassphraseContext context) {
  const auto params = context.getParams();
  if (params.getWrongBefore()) say("That was not the passphrase.\n");
  say(view(params.getReason()));
  say("\n");
  answer(context.getResults().initAnswer(), askLine("Passphrase: ", Echo::OFF));
  return kj::READY_NOW;
}

kj::Promise<void> TerminalPrompt::choosePassphrase(ChoosePassphraseContext context) {
  say(view(context.getParams().getReason()));
  say("\n");
  auto out = context.getResults().initAnswer();
  for (;;) {
    auto first = askLine("New passphrase: ", Echo::OFF);
    if (!first) break;
    if (characters(*first) < proto::MIN_PASSPHRASE_CHARACTERS) {
      say("It needs at least 8 characters.\n");
      wipe(*first);
      continue;
    }
    auto second = askLine("The same again: ", Echo::OFF);
    if (!second) {
      wipe(*first);
      break;
    }
    const bool same = *first == *second;
    wipe(*second);
    if (same) {
      answer(out, std::move(first));
      return kj::READY_NOW;
    }
    wipe(*first);
    say("The two are not the same.\n");
  }
  out.setDeclined();
  return kj::READY_NOW;
}

kj::Promise<void> TerminalPrompt::showSeed(ShowSeedContext context) {
  const auto params = context.getParams();
  say("The seed of \"");
  say(view(params.getWalletName()));
  say("\". Whoever has these words has the coins. Write them on paper.\n\n");
  unsigned number = 0;
  for (auto word : params.getWords()) {
    std::string line = std::to_string(++number) + ". ";
    line.insert(0, 5 - std::min<std::size_t>(5, line.size()), ' ');
    say(line);
    say(view(word));
    say("\n");
  }
  const bool written =
      askLine("\nEnter when they are written down; the screen is cleared then. ", Echo::OFF)
          .has_value();
  clearScreen();
  auto out = context.getResults().initAnswer();
  if (written)
    out.setAccepted();
  else
    out.setDeclined();
  return kj::READY_NOW;
}

kj::Promise<void> TerminalPrompt::askWords(AskWordsContext context) {
  const auto params = context.getParams();
  std::vector<std::string> words;
  for (auto position : params.getPositions()) {
    auto word = askLine("Word " + std::to_string(position) + ": ", Echo::OFF);
    if (!word) {
      for (auto& former : words) wipe(former);
      context.getResults().initAnswer().setDeclined();
      return kj::READY_NOW;
    }
    words.push_back(std::move(*word));
  }
  answer(context.getResults().initAnswer(), words);
  return kj::READY_NOW;
}

kj::Promise<void> TerminalPrompt::enterSeed(EnterSeedContext context) {
  say("The words of \"");
  say(view(context.getParams().getWalletName()));
  say("\", in order, separated by spaces. What you type is not shown.\n");
  auto line = askLine("Seed: ", Echo::OFF);
  auto out = context.getResults().initAnswer();
  if (!line) {
    out.setDeclined();
    return kj::READY_NOW;
  }
  auto words = split(*line);
  wipe(*line);
  answer(out, words);
  return kj::READY_NOW;
}

// A terminal is only ever asked for seeds and passphrases; a payment is confirmed in the prompt
// process.
kj::Promise<void> TerminalPrompt::confirmTransaction(ConfirmTransactionContext context) {
  context.getResults().initAnswer().setDeclined();
  return kj::READY_NOW;
}

kj::Promise<void> TerminalPrompt::notify(NotifyContext context) {
  const auto params = context.getParams();
  say(view(params.getTitle()));
  say(": ");
  say(view(params.getText()));
  say("\n");
  return kj::READY_NOW;
}

}  // namespace sallyport::cli
