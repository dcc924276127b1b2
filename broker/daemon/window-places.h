// Where the app's windows were, kept over starts: <state>/windows.json. Runs in the broker. Not
// worth stopping for: what cannot be read is noted and forgotten.
#pragma once

#include <kj/timer.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "broker/daemon/journal.h"
#include "proto/frame.capnp.h"

namespace sallyport::daemon {

struct WindowPlace {
  std::uint16_t width = 0, height = 0;  // as it is when normal
  std::optional<std::pair<std::int32_t, std::int32_t>> position;
  proto::WindowState state = proto::WindowState::NORMAL;

  bool operator==(const WindowPlace&) const = default;
};

WindowPlace read(proto::WindowPlace::Reader place);  // sizes brought within the schema's limits
void write(const WindowPlace& place, proto::WindowPlace::Builder out);

class WindowPlaces {
 public:
  static constexpr std::size_t MAX_WINDOWS = 64;
  static constexpr std::size_t MAX_FILE_BYTES = 16'384;

  WindowPlaces(std::filesystem::path file, kj::Timer& timer, Journal& journal);
  KJ_DISALLOW_COPY(WindowPlaces);

  // A state other than MAXIMIZED is not kept: nobody is looking for a window that starts hidden,
  // and one that fills the screen does so after a click only.
  std::optional<WindowPlace> find(const std::string& label) const;
  // Written a second later, with what else changes until then. label: of a declared window.
  void put(const std::string& label, const WindowPlace& place);
  void writeNow();  // what is not written yet

 private:
  void load();

  const std::filesystem::path m_file;
  kj::Timer& m_timer;
  Journal& m_journal;
  std::map<std::string, WindowPlace> m_places;  // by label
  bool m_changed = false;
  kj::Promise<void> m_writing = nullptr;
};

}  // namespace sallyport::daemon
