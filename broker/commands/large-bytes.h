// Bytes of any size in a field of arguments or of an answer: read piece by piece, so that no more
// than a piece of them is in memory. Runs in the broker.
#pragma once

#include <kj/array.h>
#include <kj/async.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "broker/commands/error.h"

namespace sallyport::commands {

class ByteSource {
 public:
  virtual ~ByteSource() noexcept(false) = default;
  // The next piece, of at most 512 KiB; empty: that was all. Not called again before its promise
  // resolved. An error is the end too. Destroyed also while a promise is open.
  virtual kj::Promise<Result<kj::Array<kj::byte>>> read() = 0;
};

// As an argument: Uint8Array or Blob in the page, and nothing of it leaves the page before the
// handler reads. An error of its source says that the page, its window or the time is gone: whoever
// stores what came has to take it back. As an answer: Uint8Array in the page. The answer leaves at
// once; the source is read as the page takes it, is held to the announced size, and is dropped, as
// the source of a channel is, with the session, when the grant goes, and after 30 s unread.
// At most 256 MiB: the uploads of a call together, each download. Not in events, not in the items
// of a Stream, and answers of them reach the app's own pages only, not those of a remote origin.
struct LargeBytes {
  std::uint64_t size = 0;
  std::shared_ptr<ByteSource> source{};
};

// In the order in which the JSON form names them by index.
using Attachments = std::vector<LargeBytes>;

}  // namespace sallyport::commands
