// Writes the seeds of wayland-fuzz: what an honest renderer does, step by step, and each lie of
// tests/broker/display/hostile-client.cpp. By hand: build wayland-fuzz-seeds, run it with a folder.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/fuzz/wayland/steps.h"

namespace {

using namespace sallyport::fuzz;
using Seed = std::vector<std::uint8_t>;

constexpr std::uint8_t COMPOSITOR = 3, SHM = 4, SEAT = 5, OUTPUT = 6, SHELL = 7, DECORATION = 8;
// New ids have to follow each other.
constexpr std::uint8_t SURFACE = 9, XDG = 10, TOPLEVEL = 11, BORDER = 12, POOL = 13, BUFFER = 14;
constexpr std::uint8_t MORE = 14;  // the last id of shown()

Seed operator+(Seed left, const Seed& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Seed step(Step which, std::initializer_list<std::uint8_t> rest = {}) {
  Seed seed{static_cast<std::uint8_t>(which)};
  seed.insert(seed.end(), rest);
  return seed;
}

// count: of arguments, which are the rest.
Seed message(std::uint8_t object,
             std::uint8_t opcode,
             std::uint8_t count = 0,
             std::initializer_list<std::uint8_t> arguments = {}) {
  auto seed = step(Step::MESSAGE, {object, opcode, count});
  seed.insert(seed.end(), arguments);
  return seed;
}

Seed turn() { return step(Step::TURN); }
Seed begin(bool bound = true) { return {static_cast<std::uint8_t>(bound ? 1 : 0)}; }

// A window that has been configured, without a picture yet.
Seed window() {
  return begin() + message(COMPOSITOR, 0, 1, {SURFACE}) + message(SHELL, 2, 2, {XDG, SURFACE}) +
         message(XDG, 1, 1, {TOPLEVEL}) +
         message(TOPLEVEL, 2, 1, {TAG_TEXT, 5, 't', 'i', 't', 'l', 'e'}) +
         message(DECORATION, 1, 2, {BORDER, TOPLEVEL}) + message(SURFACE, 6) + turn() +
         message(XDG, 4, 1, {TAG_SERIAL});
}

// A picture of 64 times 64 of a pool of so many pages, with this stride.
Seed picture(std::uint8_t pages = 4, std::uint8_t strideUnits = 1) {
  return step(Step::FILE, {pages}) +
         message(SHM, 0, 2, {POOL, TAG_LARGE, static_cast<std::uint8_t>(pages * 16)}) + turn() +
         message(POOL, 0, 6, {BUFFER, 0, 64, 64, TAG_LARGE, strideUnits, 1}) +
         message(SURFACE, 1, 3, {BUFFER, 0, 0}) + message(SURFACE, 2, 4, {0, 0, 64, 64});
}

Seed wait() { return step(Step::WAIT); }
Seed shown() { return window() + picture() + message(SURFACE, 6) + turn(); }

// The same of a renderer that is shown from this step on only.
Seed waiting(Seed seed, unsigned shownAt) {
  seed[0] = static_cast<std::uint8_t>(seed[0] | 2U | (shownAt << 2U));
  return seed;
}

void write(const std::filesystem::path& folder, const std::string& name, const Seed& seed) {
  std::ofstream(folder / name, std::ios::binary)
      .write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder(argv[1]);
  const auto user = [](std::uint8_t what) { return step(Step::USER, {what}); };
  write(folder,
        "raw",
        begin(false) + step(Step::RAW, {12, 1, 0, 0, 0, 1, 0, 12, 0, 2, 0, 0, 0}) + turn());
  write(folder, "half", begin(false) + step(Step::RAW, {7, 1, 0, 0, 0, 1, 0, 12}) + turn());
  write(folder,
        "size-lie",
        begin(false) + step(Step::RAW, {12, 1, 0, 0, 0, 1, 0, 4, 0, 2, 0, 0, 0}) + turn());
  write(folder, "sync", begin(false) + message(1, 0, 1, {2}) + turn());
  write(folder, "window", window() + turn());
  write(folder, "shown", shown() + wait() + user(27));
  write(folder, "short-stride", window() + picture(4, 0) + message(SURFACE, 6) + turn());
  write(
      folder,
      "truncated",
      window() + picture() + step(Step::SHRINK) + message(SURFACE, 6) + turn() + wait() + user(16));
  write(folder,
        "huge",
        window() + step(Step::FILE, {4}) +
            message(SHM, 0, 2, {POOL, TAG_WORD, 255, 255, 255, 127}) +
            message(POOL, 0, 6, {BUFFER, 0, TAG_LARGE, 65, TAG_LARGE, 65, TAG_LARGE, 200, 1}) +
            turn());
  write(folder,
        "resized-pool",
        shown() + message(POOL, 2, 1, {TAG_LARGE, 255}) + message(POOL, 1) + turn());
  write(folder,
        "frame-callback",
        shown() + wait() + message(SURFACE, 3, 1, {MORE + 1}) + message(SURFACE, 6) + turn() +
            user(16) + turn());
  write(folder,
        "popup",
        shown() + wait() + message(SHELL, 1, 1, {MORE + 1}) + message(MORE + 1, 1, 2, {50, 50}) +
            message(MORE + 1, 2, 4, {1, 1, 10, 10}) + message(COMPOSITOR, 0, 1, {MORE + 2}) +
            message(SHELL, 2, 2, {MORE + 3, MORE + 2}) +
            message(MORE + 3, 2, 3, {MORE + 4, XDG, MORE + 1}) + message(MORE + 2, 6) + turn() +
            message(MORE + 3, 4, 1, {TAG_SERIAL}) + user(3) + turn() + message(MORE + 4, 0) +
            message(MORE + 3, 0) + message(MORE + 2, 0) + turn());
  write(folder,
        "seat",
        shown() + wait() + message(SEAT, 0, 1, {MORE + 1}) + message(SEAT, 1, 1, {MORE + 2}) +
            turn() + user(31) + turn() + message(COMPOSITOR, 0, 1, {MORE + 3}) +
            message(MORE + 1, 0, 4, {TAG_SERIAL, MORE + 3, 1, 1}) + turn() + message(MORE + 1, 1) +
            message(MORE + 2, 0) + turn());
  write(folder,
        "geometry",
        shown() + wait() + message(XDG, 3, 4, {TAG_NEGATIVE, 9, 5, TAG_LARGE, 200, 1}) +
            message(SURFACE, 6) + turn() + user(20));
  write(folder,
        "region",
        shown() + message(COMPOSITOR, 1, 1, {MORE + 1}) + message(MORE + 1, 1, 4, {0, 0, 30, 30}) +
            message(SURFACE, 4, 1, {MORE + 1}) + message(SURFACE, 5, 1, {MORE + 1}) +
            message(SURFACE, 6) + turn());
  write(folder,
        "states",
        shown() + message(TOPLEVEL, 9) + message(TOPLEVEL, 11, 1, {OUTPUT}) +
            message(TOPLEVEL, 5, 3, {SEAT, TAG_SERIAL, 1}) +
            message(TOPLEVEL, 6, 3, {SEAT, TAG_SERIAL, 2}) + message(TOPLEVEL, 7, 2, {200, 100}) +
            turn());
  write(folder,
        "torn-down",
        shown() + message(TOPLEVEL, 0) + message(XDG, 0) + message(SURFACE, 0) +
            message(BUFFER, 0) + message(POOL, 1) + turn() + user(3));
  write(folder, "waits", waiting(shown() + wait() + user(27), 1));
  write(folder, "waits-too-long", waiting(shown() + wait() + user(27), 63));
  write(folder, "surface-first", shown() + message(SURFACE, 0) + turn() + user(19));
  write(folder,
        "two-windows",
        shown() + message(COMPOSITOR, 0, 1, {MORE + 1}) +
            message(SHELL, 2, 2, {MORE + 2, MORE + 1}) + message(MORE + 2, 1, 1, {MORE + 3}) +
            message(MORE + 1, 6) + turn());
  Seed surfaces = begin();
  for (std::uint8_t id = SURFACE; id < SURFACE + 60; ++id)
    surfaces = surfaces + message(COMPOSITOR, 0, 1, {id});
  write(folder, "surfaces", surfaces + turn());
  return 0;
}
