// The cages that trusted processes put on themselves. Runs inside each of them, at the very start
// of main, before the first thread and before the first byte of a peer is read. No Cap'n Proto, no
// Qt: anybody may link this.
//
//   int main(...) {
//     sandbox::hardenProcess();                                  // first statement
//     sandbox::requireDescriptors(1);                            // what the spawner gave, no more
//     ... parse argv, open what must be opened ...
//     const auto cage = sandbox::enterVaultCage(stateDirectory);  // before any thread, before
//     reading fd 3 for (const auto& check : cage) if (check.state == sandbox::CheckState::DEGRADED)
//     journal(check.name, check.value);
//
// A layer that every supported kernel has (NoNewPrivs, seccomp) throws std::system_error when it
// cannot be set: the process must not go on. A layer that a kernel may lack (Landlock and its later
// versions) is reported DEGRADED.
#pragma once

#include <filesystem>
#include <vector>

#include "sandbox-policies/report.h"

namespace sallyport::sandbox {

using Paths = std::vector<std::filesystem::path>;

// Not dumpable, no core file, umask 077. Throws std::system_error.
void hideProcess();
// The same, and NoNewPrivs.
void hardenProcess();

// Throws std::system_error (EBADF) unless the open descriptors are exactly 0 to 2 and so many
// sockets from 3 on: what leaked in is not taken along. Before anything is opened.
void requireDescriptors(unsigned sockets);

// No socket of any kind is made (inherited ones work, also with descriptors in messages), no
// program is started, no process forked (threads are fine), files only beneath stateDirectory. The
// directory must exist.
[[nodiscard]] std::vector<CageCheck> enterVaultCage(const std::filesystem::path& stateDirectory);

struct BrokerPaths {
  // What does not exist is left out.
  Paths writable;  // state and runtime directories, and what pages may write
  Paths readable;  // the app's data, its capabilities, admin policy, and what pages may read
};
// AF_UNIX sockets only, no program is started, no process forked, files only beneath these.
[[nodiscard]] std::vector<CageCheck> enterBrokerCage(const BrokerPaths& paths);

// The spawner, before it starts anything: its system calls, and those of all its children. It keeps
// the capabilities that it has as root, to look into them. Throws std::system_error.
void enterSpawnerCage();

// TCP and UDP sockets only, nothing listens, no file is opened for writing, read is what DNS and
// TLS need.
[[nodiscard]] std::vector<CageCheck> enterNetCage();

struct DisplayPaths {
  Paths writable;  // frame: the private directory of its compositor's socket
};
// AF_UNIX sockets only, no program is started, no process forked; reads libraries, fonts, themes
// and the X authority file. Call before QApplication is made (Qt starts threads).
[[nodiscard]] std::vector<CageCheck> enterDisplayCage(const DisplayPaths& paths);

// The same, but any file of the user may be read, written and made: what the user picks is opened
// here and given to the broker.
[[nodiscard]] std::vector<CageCheck> enterChooserCage();

// Frame, after the window is up and before the renderer's socket is read: from here no thread of
// this process makes, binds or connects a socket. Throws std::system_error.
void sealDisplayCage();

}  // namespace sallyport::sandbox
