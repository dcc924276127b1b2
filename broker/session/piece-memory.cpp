// See piece-memory.h.
#include "broker/session/piece-memory.h"

#include <malloc.h>

#include "proto/session.capnp.h"

namespace sallyport::session {

void keepPieceMemory() {
  ::mallopt(M_MMAP_THRESHOLD, 2 * proto::PIECE_BYTES);  // a piece and its message fit below
  ::mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

}  // namespace sallyport::session
