// Which part the program plays. A renderer gets no argument, so the harness writes the part behind
// a copy of this program, and starts that copy in the cage.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace sallyport::redteam {

// A copy of this program with the role behind it.
void writeWithRole(const std::filesystem::path& to, const std::string& role);
// What is written behind this program; none: it is the harness.
std::optional<std::string> ownRole();
// The same of a copy, such as /proc/PID/exe.
std::optional<std::string> roleOf(const std::filesystem::path& program);

}  // namespace sallyport::redteam
