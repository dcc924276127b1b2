// The steps that an input of wayland-fuzz is made of, for the target and for what writes its seeds.
// A step is a byte (modulo STEPS) and what it takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sallyport::fuzz {

enum class Step : std::uint8_t {
  MESSAGE,  // object, opcode, count of arguments, arguments: a byte each, or a tag and what it
            // takes
  RAW,      // a length, so many bytes as they are
  FILE,     // a length in pages: a memory file that goes along with what is sent next
  SHRINK,   // the file that was sent last loses all its bytes
  USER,     // a byte of bits: mouse, key, another size of the window, a repaint
  TURN,     // the frame reads, acts and answers
  WAIT      // as long as until the next picture, once a case
};
constexpr std::size_t STEPS = 7;
constexpr int MAX_WAITS = 1;
constexpr std::size_t MAX_ARGUMENTS = 8;

constexpr std::uint8_t TAG_WORD = 0xf0;      // four bytes
constexpr std::uint8_t TAG_SERIAL = 0xf1;    // the number of the last short event
constexpr std::uint8_t TAG_NEGATIVE = 0xf2;  // a byte, below zero
constexpr std::uint8_t TAG_LARGE = 0xf3;     // a byte, times 256
constexpr std::uint8_t TAG_TEXT = 0xf4;      // a length and a text

// Bound beforehand, from FIRST_GLOBAL on, in the newest version that Qt offers.
constexpr std::uint32_t REGISTRY = 2;
constexpr std::uint32_t FIRST_GLOBAL = 3;
constexpr std::array<std::pair<const char*, std::uint32_t>, 6> GLOBALS{
    {{"wl_compositor", 4},
     {"wl_shm", 1},
     {"wl_seat", 4},
     {"wl_output", 2},
     {"xdg_wm_base", 1},
     {"zxdg_decoration_manager_v1", 1}}};

}  // namespace sallyport::fuzz
