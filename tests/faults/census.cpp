#include "tests/faults/census.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

namespace sallyport::faults {
namespace {

namespace fs = std::filesystem;

std::size_t residentKib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6));
  return 0;
}

void addFiles(const fs::path& folder, std::vector<std::string>& files) {
  std::error_code gone;
  for (fs::recursive_directory_iterator at(folder, gone), end; !gone && at != end;
       at.increment(gone))
    files.push_back(at->path().string());
}

constexpr unsigned LOOKS = 10;
constexpr std::chrono::milliseconds BETWEEN_LOOKS(50);
// The buffers of a window that is drawn come and go with it.
constexpr std::size_t DRAWN_DESCRIPTORS = 4;
// What the kernel and the allocator keep may grow by so much, and by a fiftieth.
constexpr std::size_t FREE_KIB = 2048;

bool isDrawn(const std::string& name) { return name == "prompt" || name.rfind("frame ", 0) == 0; }

Census look(const test::BrokerProcess& broker) {
  Census census;
  for (const pid_t pid : test::descendantsOf(broker.pid()))
    if (test::isAlive(pid)) ++census.processes[test::commandName(pid)];
  const auto add = [&](const std::string& name, pid_t pid) {
    const auto open = test::descriptorsOf(pid);
    census.descriptors[name] = open ? open->size() : 0;
    census.residentKib[name] = residentKib(pid);
  };
  add("spawner", broker.spawner());
  const auto status = broker.status();
  for (const auto& process : status.at("processes").as_array()) {
    const std::string name(process.at("name").as_string());
    if (name.rfind("renderer ", 0) != 0 && name.rfind("spare renderer ", 0) != 0)
      add(name, process.at("pid").to_number<pid_t>());
  }
  addFiles(broker.state(), census.files);
  addFiles(broker.runtime(), census.files);
  std::sort(census.files.begin(), census.files.end());
  return census;
}

template <typename Map>
void keepLeast(Map& least, const Map& more) {
  for (const auto& [name, count] : more) {
    const auto at = least.find(name);
    if (at != least.end()) at->second = std::min(at->second, count);
  }
}

std::string change(const std::string& what, std::size_t before, std::size_t after) {
  return what + ": " + std::to_string(before) + " before, " + std::to_string(after) + " now";
}

template <typename Map>
typename Map::mapped_type countOf(const Map& map, const std::string& name) {
  const auto at = map.find(name);
  return at == map.end() ? typename Map::mapped_type{} : at->second;
}

}  // namespace

Census takeCensus(const test::BrokerProcess& broker) {
  auto least = look(broker);
  for (unsigned i = 1; i < LOOKS; ++i) {
    std::this_thread::sleep_for(BETWEEN_LOOKS);
    const auto more = look(broker);
    keepLeast(least.processes, more.processes);
    keepLeast(least.descriptors, more.descriptors);
    keepLeast(least.residentKib, more.residentKib);
    std::vector<std::string> both;
    std::set_intersection(least.files.begin(),
                          least.files.end(),
                          more.files.begin(),
                          more.files.end(),
                          std::back_inserter(both));
    least.files = std::move(both);
  }
  return least;
}

std::vector<std::string> growth(const Census& before, const Census& after) {
  std::vector<std::string> found;
  auto names = before.processes;
  names.insert(after.processes.begin(), after.processes.end());
  for (const auto& [name, ignored] : names) {
    const auto old = countOf(before.processes, name), now = countOf(after.processes, name);
    if (old != now)
      found.push_back(change(
          "processes " + name, static_cast<std::size_t>(old), static_cast<std::size_t>(now)));
  }
  for (const auto& [name, now] : after.descriptors) {
    const auto old = countOf(before.descriptors, name);
    if (now > old + (isDrawn(name) ? DRAWN_DESCRIPTORS : 0))
      found.push_back(change("descriptors of " + name, old, now));
  }
  for (const std::string name : {"broker", "spawner"}) {
    const auto old = countOf(before.residentKib, name), now = countOf(after.residentKib, name);
    if (now > old + old / 50 && now > old + FREE_KIB)
      found.push_back(change("KiB of " + name, old, now));
  }
  std::vector<std::string> gone, fresh;
  std::set_difference(before.files.begin(),
                      before.files.end(),
                      after.files.begin(),
                      after.files.end(),
                      std::back_inserter(gone));
  std::set_difference(after.files.begin(),
                      after.files.end(),
                      before.files.begin(),
                      before.files.end(),
                      std::back_inserter(fresh));
  for (const auto& file : gone) found.push_back("gone: " + file);
  for (const auto& file : fresh) found.push_back("left behind: " + file);
  return found;
}

}  // namespace sallyport::faults
