// How one C++ name becomes the names that pages see: enumerators, functions. Runs in the broker;
// pure.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::commands {

constexpr std::size_t MAX_COMMAND_NAME_BYTES = 64;

// cmd_ and then words of a-z and 0-9, each starting with a letter, joined by one `_`; at most 64
// bytes.
bool isCommandName(std::string_view name);
// The same words, joined by one `-`: "wallet", "node-admin".
bool isModuleName(std::string_view name);

// MAINNET -> "mainnet", TOO_LARGE -> "too-large"
std::string kebabCase(std::string_view enumerator);
// evt_ and the same words.
bool isEventName(std::string_view name);

// cmd_get_balance -> "getBalance"; a word that TypeScript keeps for itself gets "Command" behind it
std::string functionName(std::string_view command);
// evt_balance_changed -> "onBalanceChanged"
std::string listenerName(std::string_view event);

}  // namespace sallyport::commands
