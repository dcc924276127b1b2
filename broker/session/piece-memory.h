// The memory that pieces of large bytes pass through. Runs in the broker.
#pragma once

#include <cstddef>

namespace sallyport::session {

// At most so much stays in the process when it is free.
constexpr std::size_t KEPT_BYTES = std::size_t{8} * 1024 * 1024;

// Keeps freed pieces for the next ones. By itself the allocator gives each of them back to the
// kernel at once (mallopt(3), M_TRIM_THRESHOLD), and a fifth of the broker's time goes into taking
// the same pages again. Called once, before the first session.
void keepPieceMemory();

}  // namespace sallyport::session
