// The user's terminal, asked line by line with or without echo. Runs in the CLI; holds what is
// typed for as long as the answer takes, then wipes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::cli {

enum class Echo { ON, OFF };

// Both ends of the conversation are a terminal: seeds are shown nowhere else, never in a pipe or a
// file.
bool isTerminal();

// One line without its end; nothing when the user gave up (Ctrl-C, Ctrl-D). At most 1,024 bytes.
std::optional<std::string> askLine(std::string_view question, Echo echo);

void say(std::string_view text);

// Removes what is on the screen and in its scroll-back, as far as the terminal follows.
void clearScreen();

void wipe(std::string& text);

}  // namespace sallyport::cli
