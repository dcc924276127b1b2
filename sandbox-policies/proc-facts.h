// Reads the facts about a process that the kernel shows under /proc. Runs in the spawner; what a
// hostile process can change about itself (its environment block, its name) is marked where it is
// judged, not here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sallyport::sandbox::proc {

// One line of /proc/PID/status by name; nothing when the process or the line is gone.
std::optional<std::string> statusField(pid_t pid, const std::string& name);

// The same in what such a file holds.
std::optional<std::string> fieldIn(const std::string& status, const std::string& name);

// How many filters this process is under; 0 where the kernel does not say.
unsigned ownFilters();

// Link of /proc/PID/ns/NAME, such as "net:[4026531840]". pid 0 means this process.
std::optional<std::string> namespaceOf(pid_t pid, const std::string& name);

std::optional<pid_t> parentOf(pid_t pid);
std::vector<pid_t> allProcesses();
std::vector<pid_t> childrenOf(pid_t pid);

struct Descriptor {
  int number;
  std::string target;  // "socket:[123]", "/dev/null", …
  std::uint64_t inode;
  std::uint64_t device;  // rdev of a character device, else 0
  int mount;             // mnt_id
  bool isFile;           // a regular one
  bool isWritable;
};
std::optional<std::vector<Descriptor>> descriptorsOf(pid_t pid);

// Mount ids that the process sees.
std::set<int> mountsOf(pid_t pid);

struct UnixSocket {
  bool listening;
  bool onDisk;  // bound to a path; a name of the kernel's own ("@00a1f", given to a pair that
                // passes credentials) is none
};
// Local sockets that were made in this process's network namespace, by inode.
std::map<std::uint64_t, UnixSocket> unixSocketsOf(pid_t pid);

// TCP and UDP sockets of this process's network namespace by inode; true: it takes connections. One
// that was neither bound nor connected yet is not in the kernel's lists.
std::map<std::uint64_t, bool> ipSocketsOf(pid_t pid);

std::optional<std::vector<std::string>> environmentOf(pid_t pid);
std::optional<std::string> executableOf(pid_t pid);
// Soft and hard limit as the kernel prints them; resource as in /proc/PID/limits, "Max core file
// size".
std::optional<std::string> limitOf(pid_t pid, const std::string& resource);
// The same in what such a file holds.
std::optional<std::string> limitIn(const std::string& limits, const std::string& resource);

// Whether a process of the same user without capabilities could look inside it. Nothing when it is
// gone.
std::optional<bool> isDumpable(pid_t pid);

}  // namespace sallyport::sandbox::proc
