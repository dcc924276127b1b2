// What there is of a running broker, to be compared with what there was: its processes by name, the
// descriptors and the memory of each that is not a window's, and the files that it keeps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/broker-process.h"

namespace sallyport::faults {

struct Census {
  std::map<std::string, int> processes;            // of the whole tree, by command name
  std::map<std::string, std::size_t> descriptors;  // by the process's name in status
  std::map<std::string, std::size_t> residentKib;
  std::vector<std::string> files;  // in the state and the runtime folder
};

// What calls that are under way have open for a moment is left out: the least of several looks
// counts. No process of the broker may end or start meanwhile.
Census takeCensus(const test::BrokerProcess& broker);

// What there is more of and must not be, and what is missing, a sentence each.
std::vector<std::string> growth(const Census& before, const Census& after);

}  // namespace sallyport::faults
