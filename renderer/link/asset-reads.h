// The renderer's end of the app's files: reads them from the broker piece by piece, a few at a
// time. Runs in the renderer.
#pragma once

#include <kj/async.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "proto/session.capnp.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class AssetReads final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::size_t IN_FLIGHT = 4;
  // A file of the app that is larger is not shown; video and the like are for a later streaming
  // path.
  static constexpr std::uint64_t MAX_BYTES = 64ULL * 1024 * 1024;

  explicit AssetReads(proto::Session::Client session);
  KJ_DISALLOW_COPY(AssetReads);

  // Called once, from the event loop; not found is an answer too.
  using Came = std::function<void(Asset&& asset)>;
  void read(std::string_view path, Came came);
  // The broker is gone: nothing is found any more.
  void lost() { m_lost = true; }

 private:
  struct Read {
    std::string path;
    Came came;
    Asset asset;
  };

  void start();
  kj::Promise<void> readOn(Read& read);
  void taskFailed(kj::Exception&&) override {}  // each read ends as not found

  proto::Session::Client m_session;
  std::deque<kj::Own<Read>> m_waiting;
  std::size_t m_inFlight = 0;
  bool m_lost = false;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
