// The large bytes of calls that are open, by the numbers under which the broker reads them. Runs in
// the renderer.
#pragma once

#include <kj/array.h>
#include <kj/async.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "proto/session.capnp.h"

namespace sallyport::renderer {

// What a page gave with a call.
class UploadSource {
 public:
  virtual ~UploadSource() noexcept(false) = default;
  virtual std::uint64_t size() const = 0;
  // The next piece, of 1 to proto::PIECE_BYTES bytes; empty when the page took it back. One at a
  // time.
  virtual kj::Promise<kj::Array<kj::byte>> read() = 0;
  // The call is over: a read that waits ends as empty, and so do all later ones.
  virtual void stop() = 0;
};

class Uploads {
 public:
  static constexpr std::size_t MOST = proto::MAX_UPLOADS_PER_CALL;  // of one call
  using Sources = std::vector<std::shared_ptr<UploadSource>>;

  // Writes them into the call that is about to be sent, and keeps them under their numbers.
  std::vector<std::uint64_t> announce(proto::Call::Builder call, const Sources& sources);
  void forget(const std::vector<std::uint64_t>& numbers);
  // Empty where the call is over.
  kj::Promise<kj::Array<kj::byte>> read(std::uint64_t number);

 private:
  std::uint64_t m_last = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<UploadSource>> m_open;
};

}  // namespace sallyport::renderer
