// The kinds of process that the spawner knows. Value type; used on both ends of the control socket.
#pragma once

#include <cstdint>

namespace sallyport::spawn {

enum class ProcessKind : std::uint8_t { VAULT, NET, PROMPT, FRAME, RENDERER, CHOOSER, OPENER };

inline constexpr std::uint32_t PROCESS_KINDS = 7;

}  // namespace sallyport::spawn
