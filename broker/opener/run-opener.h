// The opener: hands one link to the user's desktop. A process of its own for each link, started by
// the spawner in no cage, because what it starts is the user's browser. It believes nothing: the
// link is read and checked again before anything runs.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::opener {

struct OpenerConfig {
  std::filesystem::path programs;    // where xdg-open and systemd-run are; absolute
  std::vector<std::string> schemes;  // beside https and mailto
  // A program that runs longer has opened the link: a browser that nobody started before stays.
  std::chrono::milliseconds patience{5'000};
};

// Serves one request on `broker` and returns the exit code. Where the user has a service manager,
// it runs the program as a unit of its own, out of this process's tree and limits. Else the program
// is a child, and this process stays until it and all that it leaves have ended: nothing here ends
// a program of the user.
int runOpener(int broker, const OpenerConfig& config);

}  // namespace sallyport::opener
